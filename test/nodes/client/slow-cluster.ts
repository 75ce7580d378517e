// Desks of a client on a cluster of one node, whose calls take as long as a test says.
import type { TestContext } from "node:test";
import { ClusterDesks } from "#nodes/client/cluster-desks.ts";
import { SystemSurvey } from "#nodes/client/system-survey.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { stateOn } from "../../actors/state/state-fixture.ts";

export async function slowCluster(context: TestContext) {
  const { openState, state, stateActor, store, system } = await stateOn(context);
  const clock = { ms: 0 };
  const slowed: { after: (name: string) => Promise<void> } = { after: async () => {} };
  const lookups = new Set<Promise<unknown>>();
  let asked = "";
  const ports: ConstructorParameters<typeof ClusterDesks>[0] = {
    lookup(protocol, name, withinMs) {
      asked = name;
      const found = system.lookup(protocol, name, withinMs);
      lookups.add(found);
      return found;
    },
    now: () => clock.ms,
    async whileHere(work) {
      const isLookup = lookups.delete(work);
      const name = asked;
      const answer = await work;
      if (!isLookup) await slowed.after(name);
      return answer;
    },
  };
  const desks = new ClusterDesks(ports, 5_000);
  const survey = new SystemSurvey(
    desks,
    { now: () => clock.ms, wall: () => clock.ms, members: () => null },
    400,
  );
  const queue = await system.lookup(Queue, "queue");
  return { system, state, stateActor, openState, store, queue, clock, slowed, desks, survey };
}
