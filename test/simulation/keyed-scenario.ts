// Keyed actors on four nodes that crash, leave, freeze, are cut off and lose their clocks, with few
// places for the living, so that they come and go all the time.
import { Failure } from "#protocols/failure.ts";
import { type KeyedActors, keyed } from "#runtime/cluster/keyed/keyed.ts";
import { accounting } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { oneOwner } from "#runtime/testkit/simulation/owner-check.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import { atMostOnce, inOrder, nothingVanishes } from "#runtime/testkit/simulation/stream-checks.ts";
import { Journal, journalKey } from "./clerk-actor.ts";
import { pick, recorded } from "./office-steps.ts";
import { Vault, VaultActor } from "./vault-actor.ts";
import { inOrderOverOwners } from "./vault-checks.ts";

const ttlMs = 1_500;
const keys = Array.from({ length: 12 }, (_, index) => `vault-${index}`);
const acts = ["note", "note", "note", "note", "ask", "slowly"] as const;
const rareActs = ["crash", "retire", "withdraw"] as const;
const stepEveryMs = { min: 5, max: 120 };
const askMsMax = 9_500;

/** What one life of a node knows of them. */
class Vaults {
  readonly journal: Journal;
  readonly actors: KeyedActors<Vault>;

  constructor(host: SimulatedHost) {
    this.journal = new Journal(host);
    host.system.provide(journalKey, this.journal);
    const terms = { kind: "vault", shards: 16, idleMs: 400, livingMax: 4 };
    this.actors = keyed(host, VaultActor, terms);
  }
}

const lives = new WeakMap<SimulatedHost, Vaults>();

export const keyedActors: Simulation = {
  nodes: 4,
  until: "8s",
  settle: "8s",
  network: "hostile",
  session: { ttlMs },
  faults: swarm({ forMs: { min: 10, max: 3_000 } }),
  protocols: [Vault],
  build,
  workload: { plan, perform },
  verify,
  checks: [
    inOrder,
    inOrderOverOwners,
    atMostOnce,
    nothingVanishes("note"),
    oneOutcome(askMsMax),
    oneOwner({ graceMs: ttlMs / 6 }),
    accounting,
  ],
};

function build(host: SimulatedHost): void {
  lives.set(host, new Vaults(host));
}

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const rareRate = chance.within({ min: 0.01, max: 0.1 });
  for (let atMs = 300; atMs < untilMs; atMs += chance.within(stepEveryMs)) {
    const act = pick(chance, chance.happens(rareRate) ? rareActs : acts);
    const node = act === "withdraw" ? (nodes.at(-1) ?? "d") : pick(chance, nodes);
    const size = chance.count({ min: 1, max: 20 });
    const terms = { key: pick(chance, keys), size, nodes: nodes.join(">") };
    steps.push({ atMs: Math.round(atMs * 10) / 10, node, act, terms });
  }
  return steps;
}

function perform({ act, terms = {} }: Step, host: SimulatedHost): void {
  const key = String(terms.key);
  const size = Number(terms.size);
  const { actors, journal } = vaultsOf(host);
  const vault = actors.of(key);
  const { name, incarnation } = host.node;
  switch (act) {
    case "note":
      for (let note = 0; note < size; note++) {
        const numbered = journal.numbers.next(`${terms.nodes}/${key} of ${name}~${incarnation}`);
        host.record({ kind: "sent", ...numbered });
        vault.note(numbered);
      }
      return;
    case "ask":
      recorded(host, () => vault.$.with({ within: size * 50 }).fence());
      return;
    case "slowly":
      recorded(host, () => vault.$.with({ within: size * 100 }).slowly(size * 20));
      return;
    case "crash":
      vault.crash();
      return;
    case "retire":
      vault.retire();
      return;
    case "withdraw":
      actors.leave().catch(() => {});
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

function vaultsOf(host: SimulatedHost): Vaults {
  const vaults = lives.get(host);
  if (vaults) return vaults;
  throw new Failure("internal", "a host is built before it works");
}

/** Every key answers, to every node, by one fence. */
async function verify(hosts: ReadonlyMap<string, SimulatedHost>): Promise<void> {
  for (const key of keys) {
    const fences = new Set<number>();
    for (const host of hosts.values()) {
      await host.session.opened;
      fences.add(await vaultsOf(host).actors.of(key).$.with({ within: 12_000 }).fence());
    }
    if (fences.size === 1) continue;
    throw new Failure("internal", `${key} answers by the fences ${[...fences].join(", ")}`);
  }
}
