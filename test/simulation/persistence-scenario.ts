// A persistent counter on a disk that is slow, full, wrong and cut off in the middle of writing, on a
// node that dies: what was acknowledged is there ever after, once, and in order.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { accounting } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import { Counter, CounterActor } from "./counter-actor.ts";

const askMs = 2_000;
/** Facts: `acknowledged` a mark, `seen` the marks that the counter had afterwards. */
const acknowledgedStays: Check = () => {
  const acknowledged = new Map<string, number>();
  return {
    name: "acknowledged stays",
    saw(event) {
      if (event.kind !== "fact") return;
      if (event.name === "acknowledged") acknowledged.set(event.about, event.id);
      if (event.name !== "seen") return;
      const marks = event.about.split(" ");
      if (new Set(marks).size !== marks.length) {
        throw broken(`the counter counted something twice: ${event.about}`, [event.id]);
      }
      for (const [mark, id] of acknowledged) {
        if (marks.includes(mark)) continue;
        throw broken(`${mark} was acknowledged, and the counter does not have it`, [id, event.id]);
      }
    },
  };
};

export const persistence: Simulation = {
  nodes: ["a"],
  until: "5s",
  settle: "5s",
  network: "calm",
  faults: swarm({
    kinds: ["crash", "leave", "pause", "disk-full", "disk-slow", "disk-error"],
    forMs: { min: 5, max: 1_000 },
  }),
  build: ({ system, persistence: store }) => {
    system.spawn(storedIn(store, CounterActor), { name: "counter" });
  },
  workload: { plan, perform },
  verify: async (hosts) => {
    for (const host of hosts.values()) await look(host, counterOf(host));
  },
  checks: [acknowledgedStays, oneOutcome(askMs + 2_000), accounting],
};

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const everyMs = chance.lengthWithin({ min: 5, max: 500 });
  for (let atMs = 20; atMs < untilMs; atMs += chance.within({ min: 1, max: everyMs })) {
    const act = chance.happens(0.1) ? "crash" : chance.happens(0.1) ? "look" : "count";
    const terms = { mark: `m${steps.length + 1}` };
    steps.push({ atMs: Math.round(atMs * 10) / 10, node: chance.pick(nodes) ?? "a", act, terms });
  }
  return steps;
}

function perform({ act, terms = {} }: Step, host: SimulatedHost): void {
  const counter = counterOf(host);
  switch (act) {
    case "count":
      count(host, counter, String(terms.mark));
      return;
    case "look":
      look(host, counter).catch((error: unknown) => refused(host, error));
      return;
    case "crash":
      counter.crash();
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

function count(host: SimulatedHost, counter: Ref<Counter>, mark: string): void {
  const { node, record } = host;
  const name = `${node.name}~${node.incarnation} ${mark}`;
  record({ kind: "asked", ask: name });
  counter.count(mark).then(
    () => {
      record({ kind: "answered", ask: name, outcome: "value" });
      record({ kind: "fact", name: "acknowledged", about: mark });
    },
    (error: unknown) => {
      record({ kind: "answered", ask: name, outcome: Failure.of(error).code });
      refused(host, error);
    },
  );
}

async function look(host: SimulatedHost, counter: Ref<Counter>): Promise<void> {
  const marks = await counter.marks();
  host.record({ kind: "fact", name: "seen", about: marks.join(" ") });
}

const refused = ({ record }: SimulatedHost, error: unknown): void =>
  record({ kind: "fact", name: `refused ${Failure.of(error).code}`, about: "" });

const counterOf = ({ node, system }: SimulatedHost): Ref<Counter> =>
  system.refTo(Counter, { node: node.name, path: "/counter" }).$.with({ within: askMs });
