// The store and the queue, as the registry finds them, loses them and finds them again. Whatever the
// store says of a node, the queue is told whether the node may have tasks.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { heldUntil, type NodeRecord } from "#protocols/tasks/node-record.ts";
import type { SkillTerms } from "#protocols/tasks/node-records.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import { type DependenciesOf, dependenciesIn } from "#protocols/tasks/skill-sight.ts";
import { reply } from "#runtime/core/reply.ts";
import type { Book } from "./known-nodes.ts";
import { NodeLedger } from "./node-ledger.ts";
import { registerSkills } from "./registered-skills.ts";

export type Partner = "store" | "queue";

export interface StoreMemory {
  readonly store: Ref<Store>;
  readonly ledger: NodeLedger;
  readonly records: readonly NodeRecord[];
  /** Why the register did not take skills of the topology. */
  readonly untaken: readonly Failure[];
}

type Standing = Pick<NodeRecord, "node" | "hold" | "quarantinedUntil">;

export class RegistryPartners {
  /** What was taken of each node last, and what the queue was told. */
  readonly #versions = new Map<string, number>();
  readonly #told = new Map<string, string>();
  readonly #sought = new Set<Partner>();
  #dependenciesOf: DependenciesOf = () => [];
  #store: Ref<Store> | undefined;
  #queue: Ref<Queue> | undefined;
  /** Undefined before the store was read: what is not known yet cannot be judged. */
  #ledger: NodeLedger | undefined;

  get queue(): Ref<Queue> | undefined {
    return this.#queue;
  }

  get ledger(): NodeLedger | undefined {
    return this.#ledger;
  }

  /** Fails with `unavailable`. */
  ledgerOrRefuse(): NodeLedger {
    if (this.#ledger) return this.#ledger;
    const detail = "the store is not there just now, so that nothing could be kept; try again soon";
    throw reply(new Failure("unavailable", detail));
  }

  /** As the register of skills says; while the store is away, as it said last. */
  async dependencies(): Promise<DependenciesOf> {
    const register = await this.#store?.skills(storeLimits.skillsMax).catch(() => undefined);
    if (register) this.#dependenciesOf = dependenciesIn(register);
    return this.#dependenciesOf;
  }

  /** Whether somebody should look for it; once, until it is found or missed. */
  seeks(partner: Partner): boolean {
    const isThere = partner === "store" ? this.#store : this.#queue;
    if (isThere || this.#sought.has(partner)) return false;
    this.#sought.add(partner);
    return true;
  }

  missed(partner: Partner): void {
    this.#sought.delete(partner);
  }

  /** What the store remembers; it counts as found once that was taken in. */
  async openStore(found: Promise<Ref<Store>>, skills: readonly SkillTerms[]): Promise<StoreMemory> {
    const store = await found;
    const ledger = new NodeLedger(store);
    // A register that cannot be read keeps nobody from knowing the nodes.
    const failed = (cause: unknown): readonly Failure[] => [Failure.of(cause)];
    const untaken = await registerSkills(store, skills).catch(failed);
    return { store, ledger, records: await ledger.read(), untaken };
  }

  began(store: Ref<Store>, ledger: NodeLedger): void {
    this.#sought.delete("store");
    this.#store = store;
    this.#ledger = ledger;
  }

  /** Tells it of everybody: it may have read the store before they were held, or let go. */
  async foundQueue(queue: Ref<Queue>, book: Book): Promise<readonly []> {
    this.#sought.delete("queue");
    this.#queue = queue;
    this.#told.clear();
    const standings = book.map(({ view: { hold, name, statistics } }) => ({
      ...{ node: name, hold, quarantinedUntil: statistics?.quarantinedUntil ?? null },
    }));
    await Promise.all(standings.map((standing) => this.tellQueue(standing)));
    return [];
  }

  /** Those that are not older than what was taken before: answers come in any order. */
  newest(records: readonly NodeRecord[]): readonly NodeRecord[] {
    const newest = records.filter(
      ({ node, version }) => version >= (this.#versions.get(node) ?? 0),
    );
    for (const record of newest) {
      this.#versions.set(record.node, record.version);
      // One that is gone meanwhile is told when it is found again.
      this.tellQueue(record).catch(() => undefined);
    }
    return newest;
  }

  /** Nothing, when it was told so before. */
  async tellQueue({ node, hold, quarantinedUntil }: Standing): Promise<void> {
    const isWished = hold !== null;
    const until = heldUntil({ isHeld: isWished, quarantinedUntil });
    const told = `${until} ${isWished}`;
    if (this.#queue === undefined || this.#told.get(node) === told) return;
    this.#told.set(node, told);
    try {
      await this.#queue.setNodeHold({ node, until, isWished });
    } catch (cause) {
      this.#told.delete(node);
      throw cause;
    }
  }

  forget(node: string): void {
    this.#versions.delete(node);
    this.tellQueue({ node, hold: null, quarantinedUntil: null }).catch(() => undefined);
  }

  /** Whether the actor that ended was one of them. */
  lose(ref: AnyRef): boolean {
    const ended = addressKey(ref.$.address);
    const isStore = this.#store && addressKey(this.#store.$.address) === ended;
    const isQueue = this.#queue && addressKey(this.#queue.$.address) === ended;
    if (isStore) {
      this.#store = undefined;
      this.#ledger = undefined;
    }
    if (isQueue) this.#queue = undefined;
    return isStore === true || isQueue === true;
  }
}
