// Actors elsewhere: each node has a boss whose hands live on other nodes, and spawns and stops further
// actors by itself, while nodes crash, freeze and are cut off. In the end each boss has its hands, each
// hand one boss, and nobody is left over but guests of nodes that ended before they could stop them.

import { formatNode } from "#protocols/address.ts";
import { spawnerPath } from "#protocols/cluster/spawn-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { systemFirst } from "#runtime/testkit/simulation/overtaking-check.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import { oneInstance } from "#runtime/testkit/simulation/supervision-checks.ts";
import { terminatedOnce } from "#runtime/testkit/simulation/watch-check.ts";
import { Boss, BossActor, Hand, HandActor, handNames } from "./crew-actor.ts";

/** Each boss has one hand on its own node, two on named ones, and two wherever there is room. */
const handsOf = ["a", "b", "c", "", ""] as const;
/** Milliseconds to spawn an actor that is stopped again. */
const hurryMs = { min: 1, max: 400 };

export const elsewhere: Simulation = {
  nodes: 3,
  until: "5s",
  settle: "9s",
  network: "hostile",
  session: { ttlMs: 1_500 },
  faults: swarm({
    kinds: ["crash", "leave", "pause", "partition", "cut"],
    forMs: { min: 10, max: 2_500 },
  }),
  protocols: [Hand, Boss],
  actors: [HandActor],
  build: (host) => {
    host.system.spawn(BossActor, { on: handsOf }, { name: "boss" });
  },
  workload: { plan, perform },
  verify,
  checks: [oneInstance, terminatedOnce, systemFirst, accounting, deadLettersCounted],
};

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  for (let atMs = 300; atMs < untilMs; atMs += chance.within({ min: 5, max: 150 })) {
    const act = chance.pick(["work", "work", "crash", "leave", "visit"]) ?? "work";
    const terms = {
      hand: chance.pick(handNames(handsOf.length)) ?? "",
      to: chance.pick(nodes) ?? "a",
      within: chance.count(hurryMs),
    };
    steps.push({ atMs: Math.round(atMs * 10) / 10, node: chance.pick(nodes) ?? "a", act, terms });
  }
  return steps;
}

function perform({ act, terms = {} }: Step, host: SimulatedHost): void | Promise<void> {
  const hand = handAt(host, String(terms.hand));
  switch (act) {
    case "work":
      void told(host, "work", () => hand.work());
      return;
    case "crash":
      hand.crash();
      return;
    case "leave":
      hand.leave();
      return;
    case "visit":
      void told(host, "visit", () => visit(host, String(terms.to), Number(terms.within)));
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

async function visit({ system, node }: SimulatedHost, to: string, within: number): Promise<void> {
  const args = { boss: node.name, guestOf: formatNode(node) };
  const visitor = await system.spawnOn(to, HandActor, args, { within });
  while (true) {
    try {
      await system.stopActor(visitor);
      return;
    } catch (error) {
      // Whoever could not be reached may live: it is stopped as soon as it can be.
      if (Failure.of(error).code !== "timeout") throw error;
    }
  }
}

async function told(host: SimulatedHost, what: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
    host.record({ kind: "fact", name: `${what} done`, about: "" });
  } catch (error) {
    host.record({ kind: "fact", name: `${what} refused ${Failure.of(error).code}`, about: "" });
  }
}

const handAt = ({ node, system }: SimulatedHost, hand: string) =>
  system.refTo(Hand, { node: node.name, path: `/boss/${hand}` });

async function verify(hosts: ReadonlyMap<string, SimulatedHost>): Promise<void> {
  for (const host of hosts.values()) {
    for (const name of handNames(handsOf.length)) {
      const boss = await handAt(host, name).$.with({ within: 5_000 }).work();
      if (boss === host.node.name) continue;
      throw new Failure("internal", `${name} of ${host.node.name} works for ${boss}`);
    }
  }
  const placed = await Promise.all([...hosts.values()].map(guestsAt));
  const living = new Set([...hosts.values()].map(({ node }) => formatNode(node)));
  const wanted = hosts.size * handsOf.length;
  const hands = placed.flat().filter((guestOf) => guestOf === "").length;
  if (hands !== wanted) {
    const seen = placed.map(({ length }) => length).join(" + ");
    const text = `${seen} actors live elsewhere, ${hands} of them hands, and ${wanted} are wanted`;
    throw new Failure("internal", text);
  }
  const left = placed.flat().filter((guestOf) => living.has(guestOf));
  if (left.length > 0) throw new Failure("internal", `guests of ${left.join(", ")} are left over`);
}

/** Whose guest each actor is that lives there for another node. */
function guestsAt({ node, system }: SimulatedHost): Promise<readonly string[]> {
  const stewards = system.inspect().children.find(({ path }) => path === spawnerPath)?.children;
  const actors = (stewards ?? []).flatMap(({ children }) => children);
  return Promise.all(
    actors.map(({ path }) => system.refTo(Hand, { node: node.name, path }).guestOf()),
  );
}
