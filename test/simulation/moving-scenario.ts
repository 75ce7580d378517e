// Nomads that move among the nodes of a cluster while scribes on all nodes and other nomads write to them,
// by refs and by paths, and ask them, and nodes crash, leave, freeze and are cut off.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import { atMostOnce, inOrder } from "#runtime/testkit/simulation/stream-checks.ts";
import { Journal, journalKey } from "./clerk-actor.ts";
import { lostWithNodesOnly, oneLife, stateKept } from "./journey-checks.ts";
import { Nomad, NomadActor, Scribe, ScribeActor } from "./nomad-actor.ts";
import { pick, recorded } from "./office-steps.ts";

const names = ["one", "two"] as const;
const acts = [
  ...["write", "write", "write", "talk", "talk", "post", "ask", "ask-slowly"],
  ...["move", "move", "move", "move", "enlist", "drain"],
] as const;
const stepEveryMs = { min: 5, max: 100 };
const sizes = { min: 1, max: 10 };
/** The deadlines of all asks, with some for pauses and slow clocks. */
const askMsMax = 9_500;
/** Where the first nomads are born. */
const birthplace = "b";
/** A node that has not heard yet of another's end may lose what it asks, and hear of it so. */
const triesMax = 3;

export const moving: Simulation = {
  nodes: 4,
  until: "6s",
  // The end of an actor whose node is gone is told up to 10 s later.
  settle: "14s",
  network: "hostile",
  session: { ttlMs: 1_500 },
  faults: swarm({ forMs: { min: 10, max: 2_500 } }),
  protocols: [Nomad, Scribe],
  actors: [NomadActor],
  build: (host) => {
    const { node, system } = host;
    system.provide(journalKey, new Journal(host));
    system.spawn(ScribeActor, { name: "scribe" });
    if (node.name !== birthplace) return;
    for (const name of names) system.spawn(NomadActor, { name }).enlist(name);
  },
  workload: { plan, perform },
  verify,
  checks: [
    inOrder,
    atMostOnce,
    lostWithNodesOnly("note"),
    oneLife,
    stateKept,
    oneOutcome(askMsMax),
    deadLettersCounted,
    accounting,
  ],
};

async function verify(hosts: ReadonlyMap<string, SimulatedHost>): Promise<void> {
  for (const name of names) await everyoneHears(hosts, name);
}

/**
 * All nodes hear the same of a nomad, which is the answer: how many notes it has handled, or a code,
 * because it has ended with a node. Fails with `internal` when they do not.
 */
export async function everyoneHears(
  hosts: ReadonlyMap<string, SimulatedHost>,
  name: string,
): Promise<string> {
  const heard = new Map<string, string>();
  for (const host of hosts.values()) heard.set(host.node.name, await heardOf(host, name));
  const [answer = "", ...others] = new Set(heard.values());
  if (others.length === 0) return answer;
  const text = [...heard].map(([node, said]) => `${node}: ${said}`).join(", ");
  throw new Failure("internal", `the nodes hear of ${name}: ${text}`);
}

async function heardOf({ system }: SimulatedHost, name: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const asked = system
      .lookup(Nomad, name, 1_000)
      .then((ref) => ref.$.with({ within: 3_000 }).count());
    const answer = await asked.then(String, (error: unknown) => Failure.of(error).code);
    if (answer !== "node_down" || tries === triesMax) return answer;
  }
}

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  for (let atMs = 300; atMs < untilMs; atMs += chance.within(stepEveryMs)) {
    const size = chance.count(sizes);
    const terms = { nomad: pick(chance, names), to: pick(chance, nodes), size };
    const act = pick(chance, acts);
    steps.push({ atMs: Math.round(atMs * 10) / 10, node: pick(chance, nodes), act, terms });
  }
  return steps;
}

function perform({ act, terms = {} }: Step, host: SimulatedHost): void {
  const { record, system } = host;
  const name = String(terms.nomad);
  const size = Number(terms.size);
  const found = (nomad: string, use: (ref: Ref<Nomad>) => void): void => {
    system.lookup(Nomad, nomad, 1_000).then(use, () => {});
  };
  const scribe = system.refTo(Scribe, { node: host.node.name, path: "/scribe" });
  switch (act) {
    case "write":
      found(name, (ref) => scribe.write(ref, size));
      return;
    case "post":
      scribe.write(system.refTo(Nomad, { node: birthplace, path: `/${name}` }), size);
      return;
    case "talk":
      found(name, (ref) => {
        for (const other of names) if (other !== name) found(other, (to) => ref.write(to, size));
      });
      return;
    case "ask":
    case "ask-slowly":
      recorded(host, async () => {
        const nomad = (await system.lookup(Nomad, name, 500)).$.with({ within: size * 200 });
        return act === "ask" ? nomad.count() : nomad.slowly(size * 20);
      });
      return;
    case "move":
      found(name, (ref) => {
        system.move(ref, { to: String(terms.to) }).then(
          () => record({ kind: "fact", name: "moved", about: name }),
          (error: unknown) => {
            const { code } = Failure.of(error);
            record({ kind: "fact", name: `move refused ${code}`, about: name });
          },
        );
      });
      return;
    case "enlist":
      system.spawn(NomadActor).enlist(name);
      return;
    case "drain":
      if (size === 1) {
        system.drain(2_000).then(
          ({ moved }) => record({ kind: "fact", name: "drained", about: `${moved}` }),
          () => {},
        );
      }
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}
