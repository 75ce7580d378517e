// Teams of workers of every restart kind under every strategy, which crash, leave and fail to start, on
// nodes that stand still, lose their place in time and die.
import { Failure } from "#protocols/failure.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import { oneInstance, restartsBounded } from "#runtime/testkit/simulation/supervision-checks.ts";
import {
  TeamActor,
  teamBounds,
  teamSupervision,
  teams,
  Worker,
  Workplace,
  workers,
  workplaceKey,
} from "./worker-actor.ts";

const untilMs = 10_000;
const pauseMsMax = 2_000;
const teamNames = ["ones", "rest", "all"] as const;

/** By its own failure or will, a worker begins anew as its kind says. In a group, others decide too. */
const kindsKept: Check = () => {
  const last = new Map<string, { readonly what: string; readonly event: number }>();
  return {
    name: "restart kinds kept",
    saw(event) {
      if (event.kind === "fact") last.set(event.about, { what: event.name, event: event.id });
      if (event.kind !== "restarted" || !event.actor.includes("/ones/")) return;
      const before = last.get(event.actor);
      const isTemporary = event.actor.includes("/temporary#");
      const hasLeft = event.actor.includes("/transient#") && before?.what === "leaves";
      if (!isTemporary && !hasLeft) return;
      const text = `${event.actor} begins anew after it ${before?.what ?? "did nothing"}`;
      throw broken(text, [...(before ? [before.event] : []), event.id]);
    },
  };
};

export const supervision: Simulation = {
  nodes: 2,
  until: untilMs,
  settle: "5s",
  network: "lan",
  faults: swarm({
    kinds: ["crash", "leave", "pause", "clock"],
    forMs: { min: 5, max: pauseMsMax },
  }),
  build: (host) => {
    const rate = host.chance.pick([0, 0, 0.2, 0.6]) ?? 0;
    host.system.provide(workplaceKey, new Workplace(host, { rate, calmFromMs: untilMs }));
    for (const name of teamNames) {
      host.system.spawn(TeamActor, { name, supervise: teamSupervision(teams[name]) });
    }
  },
  workload: { plan, perform },
  verify: async (hosts) => {
    for (const host of hosts.values()) {
      for (const team of teamNames) {
        const worker = workerAt(host, team, "permanent").$.with({ within: 5_000 });
        const answer = await worker.ping(7);
        if (answer !== 7) throw new Failure("internal", `${team} answers ${answer}, not 7`);
      }
    }
  },
  checks: [
    oneInstance,
    kindsKept,
    // One failure begins all of a group anew; a pause or a backoff moves restarts together.
    restartsBounded({
      restartsMax: teamBounds.restartsMax * workers.length,
      withinMs: teamBounds.withinMs - pauseMsMax - 500,
    }),
    accounting,
    deadLettersCounted,
  ],
};

function plan({ chance, nodes, untilMs: endMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const everyMs = chance.lengthWithin({ min: 20, max: 1_000 });
  for (let atMs = 100; atMs < endMs; atMs += chance.within({ min: 1, max: everyMs })) {
    const terms = {
      team: chance.pick(teamNames) ?? "ones",
      worker: chance.pick(workers) ?? "permanent",
    };
    const act = chance.pick(["crash", "crash", "leave", "ping"]) ?? "ping";
    steps.push({ atMs: Math.round(atMs * 10) / 10, node: chance.pick(nodes) ?? "a", act, terms });
  }
  return steps;
}

function perform({ act, terms = {} }: Step, host: SimulatedHost): void {
  const worker = workerAt(host, String(terms.team), String(terms.worker));
  switch (act) {
    case "crash":
      worker.crash();
      return;
    case "leave":
      worker.leave();
      return;
    case "ping":
      worker.ping(1).then(
        () => host.record({ kind: "fact", name: "ping answered", about: "" }),
        () => host.record({ kind: "fact", name: "ping refused", about: "" }),
      );
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

const workerAt = ({ node, system }: SimulatedHost, team: string, worker: string) =>
  system.refTo(Worker, { node: node.name, path: `/${team}/${worker}` });
