// Offices on three nodes whose clerks write to, ask, follow and dismiss one another while clerks, nodes,
// connections and clocks fail.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import {
  atMostOnce,
  inOrder,
  noGap,
  nothingVanishes,
} from "#runtime/testkit/simulation/stream-checks.ts";
import { oneInstance, restartsBounded } from "#runtime/testkit/simulation/supervision-checks.ts";
import { terminatedOnce } from "#runtime/testkit/simulation/watch-check.ts";
import { Clerk, Journal, journalKey, Office, OfficeActor, officeBounds } from "./clerk-actor.ts";

const desks = ["one", "two"] as const;
const stepEveryMs = { min: 1, max: 60 };
const acts = ["write", "write", "write", "ask", "ask", "relay", "follow", "unfollow"] as const;
const rareActs = ["crash", "dismiss", "cancel"] as const;
/** The deadlines of all asks, with some for pauses and slow clocks. */
const askMsMax = 9_500;

export const actors: Simulation = {
  nodes: 3,
  until: "10s",
  settle: "10s",
  network: "hostile",
  faults: swarm({ forMs: { min: 10, max: 3_000 } }),
  protocols: [Clerk, Office],
  build: ({ system, ...rest }) => {
    system.provide(journalKey, new Journal({ system, ...rest }));
    system.spawn(OfficeActor, desks, { name: "office" });
  },
  workload: { plan, perform },
  verify: async (hosts) => {
    for (const host of hosts.values()) await everyoneAnswers(host, [...hosts.keys()]);
  },
  checks: [
    inOrder,
    atMostOnce,
    noGap,
    nothingVanishes("note"),
    oneOutcome(askMsMax),
    terminatedOnce,
    oneInstance,
    // The window is counted when a clerk fails; it begins anew later, by its backoff or a pause.
    restartsBounded({ ...officeBounds, withinMs: officeBounds.withinMs - 3_500 }),
    accounting,
    deadLettersCounted,
  ],
};

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const rareRate = chance.within({ min: 0.02, max: 0.3 });
  const someone = () => ({ desk: chance.pick(desks) ?? "one", to: pick(chance, nodes) });
  for (let atMs = 300; atMs < untilMs; atMs += chance.within(stepEveryMs)) {
    const act = pick(chance, chance.happens(rareRate) ? rareActs : acts);
    const { desk, to } = someone();
    const terms = { desk, to, toDesk: chance.pick(desks) ?? "one", size: chance.count(sizes) };
    steps.push({ atMs: Math.round(atMs * 10) / 10, node: pick(chance, nodes), act, terms });
  }
  return steps;
}

const sizes = { min: 1, max: 20 };

function perform({ act, terms = {} }: Step, host: SimulatedHost): void {
  const { system } = host;
  const node = String(terms.to);
  const clerk = clerkAt(host, host.node.name, String(terms.desk));
  const other = clerkAt(host, node, String(terms.toDesk));
  const size = Number(terms.size);
  const hurried = { within: size * 25 };
  switch (act) {
    case "write":
      clerk.write(other, node, size);
      return;
    case "ask":
      recorded(host, () => other.$.with(hurried).echo(size, size > 15 ? size * 10 : 0), size);
      return;
    case "relay":
      recorded(host, () => clerk.$.with(hurried).relay(other, size), size + 1);
      return;
    case "cancel": {
      const abort = new AbortController();
      const { signal } = abort;
      recorded(host, () => other.$.with({ signal }).echo(size, 100), size);
      recorded(
        host,
        () => clerk.echo(0, size),
        0,
        () => abort.abort(),
      );
      return;
    }
    case "follow":
      recorded(
        host,
        () => other.self(),
        undefined,
        (subject) => clerk.follow(subject),
      );
      return;
    case "unfollow":
      recorded(
        host,
        () => other.self(),
        undefined,
        (subject) => clerk.unfollow(subject),
      );
      return;
    case "crash":
      other.crash();
      return;
    case "dismiss":
      recorded(host, () => system.refTo(Office, officeOf(node)).dismiss(String(terms.toDesk)));
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

/** Asks, enters question and outcome in the history, and goes on with the answer. */
function recorded<T>(
  host: SimulatedHost,
  put: () => Promise<T>,
  expected?: T,
  answered: (value: T) => void = () => {},
): void {
  const { node, now, record } = host;
  const name = `${node.name}~${node.incarnation} at ${now()} ${host.chance.random.nextWord()}`;
  record({ kind: "asked", ask: name });
  put().then(
    (value) => {
      const isExpected = expected === undefined || value === expected;
      record({ kind: "answered", ask: name, outcome: isExpected ? "value" : "another value" });
      answered(value);
    },
    (error: unknown) => {
      const { code } = Failure.of(error);
      record({ kind: "answered", ask: name, outcome: code });
      record({ kind: "fact", name: `refused ${code}`, about: name });
    },
  );
}

async function everyoneAnswers(host: SimulatedHost, nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    for (const desk of desks) {
      const answer = await clerkAt(host, node, desk).$.with({ within: 5_000 }).echo(7, 0);
      if (answer !== 7) throw new Failure("internal", `${node}/${desk} answers ${answer}, not 7`);
    }
  }
}

const officeOf = (node: string) => ({ node, path: "/office" });

const clerkAt = ({ system }: SimulatedHost, node: string, desk: string): Ref<Clerk> =>
  system.refTo(Clerk, { node, path: `/office/${desk}` });

function pick<T>(chance: Chance, items: readonly T[]): T {
  const item = chance.pick(items);
  if (item === undefined) throw new RangeError("there is something to pick from");
  return item;
}
