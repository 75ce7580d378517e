// Whole clusters: nodes with sessions in a directory that lives on one of them, actors under names of the
// cluster, a singleton, a receptionist, and offices whose clerks write, ask and watch, while nodes crash,
// freeze, are cut off, lose their clocks and their disks, and strangers send rubbish.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { formatNode } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Entry } from "#runtime/cluster/directory/directory.ts";
import { type MemberEvent, memberTopic } from "#runtime/cluster/membership/member.ts";
import { Receptionist } from "#runtime/cluster/names/receptionist.ts";
import { singletonOf } from "#runtime/cluster/names/singleton.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";
import { systemFirst } from "#runtime/testkit/simulation/overtaking-check.ts";
import { oneOwner } from "#runtime/testkit/simulation/owner-check.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import {
  atMostOnce,
  inOrder,
  noGap,
  nothingVanishes,
} from "#runtime/testkit/simulation/stream-checks.ts";
import { oneInstance } from "#runtime/testkit/simulation/supervision-checks.ts";
import { terminatedOnce } from "#runtime/testkit/simulation/watch-check.ts";
import { Branch, BranchActor } from "./branch-actor.ts";
import { Clerk, Journal, journalKey, Office, OfficeActor } from "./clerk-actor.ts";
import { foundOnce, membersAgree, nothingUnchecked } from "./cluster-checks.ts";
import { Holder, HolderActor } from "./holder-actor.ts";
import { Ledger, LedgerActor, ledgerName } from "./ledger-actor.ts";
import {
  desks,
  drawOfficeStep,
  everyoneAnswers,
  performOfficeStep,
  pick,
  recorded,
} from "./office-steps.ts";
import { Premises, premisesKey } from "./premises.ts";

const LedgerKeeper = singletonOf(LedgerActor);
/** The first of the nodes, which has the directory. */
const director = "a";
const ttlMs = 1_500;
const acts = [
  "claim",
  "claim",
  "call",
  "call",
  "leave",
  "enter",
  "enter",
  "consult",
  "misuse",
  "flood",
] as const;
const rareActs = ["crash-ledger", "retire-ledger"] as const;
const names = ["north", "south"] as const;
const stepEveryMs = { min: 5, max: 120 };
/** The deadlines of all asks, with some for pauses and slow clocks. */
const askMsMax = 9_500;

export const cluster: Simulation = {
  nodes: { min: 3, max: 6 },
  until: "6s",
  settle: "6s",
  network: "hostile",
  session: { ttlMs, heartbeats: "heard" },
  faults: swarm({ forMs: { min: 10, max: 3_000 } }),
  protocols: [Clerk, Office, Branch, Holder, Ledger],
  build,
  workload: { plan, perform },
  verify,
  checks: [
    inOrder,
    atMostOnce,
    noGap,
    nothingVanishes("note"),
    oneOutcome(askMsMax),
    terminatedOnce,
    oneInstance,
    systemFirst,
    oneOwner({ graceMs: ttlMs / 6 }),
    foundOnce,
    membersAgree,
    nothingUnchecked,
    accounting,
    deadLettersCounted,
  ],
};

const memberWords: Readonly<Partial<Record<MemberEvent["kind"], string>>> = {
  joined: "up",
  suspected: "suspect",
  trusted: "up",
  down: "down",
};

function build(host: SimulatedHost): void {
  const { session, system } = host;
  const premises = new Premises(host);
  const isNewDirector = host.node.name === director && host.node.incarnation > 1;
  if (isNewDirector) host.record({ kind: "fact", name: "director is back", about: director });
  system.provide(journalKey, new Journal(host));
  system.provide(premisesKey, premises);
  system.events.subscribe(memberTopic, (event: MemberEvent) => {
    const is = memberWords[event.kind];
    if (is === undefined) return;
    const about = `${formatNode(event.member.node)} ${is}`;
    host.record({ kind: "fact", name: "member", about });
    if (event.kind === "suspected") {
      host.record({ kind: "fact", name: `suspected ${event.verdict.kind}`, about });
    }
  });
  system.spawn(OfficeActor, desks, { name: "office" });
  system.spawn(BranchActor, { name: "branch" });
  const keeping = { name: ledgerName, session, args: {} };
  system.spawn(LedgerKeeper, keeping, { name: "ledger-keeper" });
  const told = (name: string, ref: AnyRef): void =>
    host.record({ kind: "fact", name, about: referenceKey(ref) });
  premises.receptionist.subscribe(Branch, {
    found: (ref) => told("found", ref),
    gone: (ref) => told("missed", ref),
  });
}

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const rareRate = chance.within({ min: 0.02, max: 0.2 });
  const officeRate = chance.within({ min: 0.1, max: 0.7 });
  for (let atMs = 300; atMs < untilMs; atMs += chance.within(stepEveryMs)) {
    const step = chance.happens(officeRate)
      ? drawOfficeStep(chance, nodes, rareRate)
      : drawStep(chance, nodes, rareRate);
    steps.push({ atMs: Math.round(atMs * 10) / 10, ...step });
  }
  return steps;
}

const sizes = { min: 1, max: 20 };

function drawStep(chance: Chance, nodes: readonly string[], rareRate: number): Omit<Step, "atMs"> {
  const act = pick(chance, chance.happens(rareRate) ? rareActs : acts);
  const name = pick(chance, names);
  const terms = {
    name,
    to: pick(chance, nodes),
    size: chance.count(sizes),
    nodes: nodes.join(">"),
  };
  return { node: pick(chance, nodes), act, terms };
}

function perform(step: Step, host: SimulatedHost): void {
  const { act, terms = {} } = step;
  const { system } = host;
  const size = Number(terms.size);
  const name = String(terms.name);
  const own = branchAt(host, host.node.name);
  const hurried = { within: size * 100 };
  switch (act) {
    case "claim": {
      const holder = system.spawn(HolderActor, { name });
      holder.claim();
      return;
    }
    case "call":
      recorded(host, () => system.lookup(Holder, name, hurried.within).then((ref) => ref.fence()));
      return;
    case "leave":
      system.lookup(Holder, name, hurried.within).then(
        (ref) => ref.leave(),
        () => {},
      );
      return;
    case "enter":
      own.enter(String(terms.nodes), size);
      return;
    case "consult":
      recorded(host, () => own.$.with(hurried).consult());
      return;
    case "flood":
      own.flood(String(terms.to), size * 2);
      return;
    case "misuse": {
      // Within a node, the compiler has checked it.
      if (terms.to === host.node.name) return;
      const wrong: number = JSON.parse('"much"');
      recorded(host, () => branchAt(host, String(terms.to)).$.with(hurried).pay(wrong));
      return;
    }
    case "crash-ledger":
      ledgerOf(host, (ledger) => ledger.crash());
      return;
    case "retire-ledger":
      ledgerOf(host, (ledger) => ledger.retire());
      return;
    default:
      performOfficeStep(step, host);
  }
}

const branchAt = ({ system }: SimulatedHost, node: string): Ref<Branch> =>
  system.refTo(Branch, { node, path: "/branch" });

/** Whoever keeps it just now. */
function ledgerOf({ system }: SimulatedHost, act: (ledger: Ref<Ledger>) => void): void {
  system.lookup(Ledger, ledgerName, 1_000).then(act, () => {});
}

async function verify(hosts: ReadonlyMap<string, SimulatedHost>): Promise<void> {
  const fences = new Set<number>();
  for (const host of hosts.values()) {
    await host.session.opened;
    const terms = { within: 5_000 };
    for (const node of hosts.keys()) fences.add(await branchAt(host, node).$.with(terms).consult());
    const branches = await new Receptionist(host.system, host.session).all(Branch);
    const found = branches.map(({ $ }) => formatNode($.address.node)).sort();
    const living = [...hosts.values()].map(({ node }) => formatNode(node)).sort();
    expectEqual(`the receptionist of ${formatNode(host.node)}`, found, living);
    const members = host.members.all.map(({ node, status }) => `${formatNode(node)} ${status}`);
    const wanted = living.map((node) => `${node} up`);
    expectEqual(`the members of ${formatNode(host.node)}`, [...members].sort(), wanted);
    const { entries } = await host.session.directory.list("nodes/");
    expectEqual("the directory's nodes", entries.map(nodeOfEntry), living);
    await everyoneAnswers(host, [...hosts.keys()]);
  }
  if (fences.size === 1) return;
  throw new Failure("internal", `the ledger's owner has the fences ${[...fences].join(", ")}`);
}

const nodeOfEntry = ({ key, session }: Entry): string =>
  session === undefined ? key : formatNode(session);

function expectEqual(what: string, seen: readonly string[], wanted: readonly string[]): void {
  if (seen.join() === wanted.join()) return;
  throw new Failure("internal", `${what}: ${seen.join(", ")} instead of ${wanted.join(", ")}`);
}
