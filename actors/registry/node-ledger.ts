// The registry's writes: what the store is to remember of a node, in the order in which it happened.
// A write that fails is made up for by the next beat: who is not found there is introduced anew.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { NodeOrder } from "#protocols/tasks/node.ts";
import type { NodeHold, NodeRecord } from "#protocols/tasks/node-record.ts";
import type { KnownNode } from "./known-nodes.ts";
import { introductionOf } from "./node-memory.ts";

/** So often a heard node's figures are written. */
export const writtenEveryMs = 10_000;
/** Longer than a node may go unwritten: the registry judges silence, the store only in its absence. */
const leaseMs = 3 * writtenEveryMs;

/** Of how many nodes each look reads what is kept; the next one goes on behind them. */
const seenTogether = 256;

export class NodeLedger {
  readonly #store: Ref<Store>;
  /** Behind that name the next look goes on. */
  #seenTo: string | undefined;
  #isLooking = false;

  constructor(store: Ref<Store>) {
    this.#store = store;
  }

  /** All nodes that are not removed. */
  async read(): Promise<readonly NodeRecord[]> {
    const records: NodeRecord[] = [];
    for (;;) {
      const last = records.at(-1);
      const limit = storeLimits.recordPageMax;
      const from = last === undefined ? {} : { after: last.node };
      const page = await this.#store.nodes({ ...from, limit });
      records.push(...page);
      if (page.length < limit) return records;
    }
  }

  /** What is kept of some nodes now, in turn; of nobody while a former look is under way. */
  async look(): Promise<readonly NodeRecord[]> {
    if (this.#isLooking) return [];
    this.#isLooking = true;
    try {
      const from = this.#seenTo === undefined ? {} : { after: this.#seenTo };
      const page = await this.#store.nodes({ ...from, limit: seenTogether });
      this.#seenTo = page.length < seenTogether ? undefined : page.at(-1)?.node;
      return page;
    } finally {
      this.#isLooking = false;
    }
  }

  /**
   * Figures of those that are heard, and what time demands; answers what is kept of them now. A node
   * that cannot be written holds up nobody else.
   */
  async write(
    heard: readonly KnownNode[],
    troubled: (failure: Failure) => void,
  ): Promise<readonly NodeRecord[]> {
    const missed = (cause: unknown): undefined => void troubled(Failure.of(cause));
    const beaten = await Promise.all(heard.map((node) => this.#beat(node).catch(missed)));
    return [...beaten.flatMap((record) => record ?? []), ...(await this.#sweep())];
  }

  async introduce(node: KnownNode): Promise<NodeRecord> {
    const answer = await this.#store.registerNode(introductionOf(node, leaseMs));
    if (answer.kind === "saved") return answer.node;
    const { name, incarnation } = node.view;
    const text =
      answer.kind === "full"
        ? `the store knows ${answer.limit} nodes and none is offline, ${name} is not kept; remove nodes that are gone`
        : `the store knows ${name} as incarnation ${answer.incarnation}, this is ${incarnation}; stop the older process`;
    throw new Failure(answer.kind === "full" ? "unavailable" : "name_taken", text);
  }

  /** Undefined when there is nothing to write yet. */
  async #beat(node: KnownNode): Promise<NodeRecord | undefined> {
    const { name, incarnation, load, runningTasks } = node.view;
    if (load === null || node.agent === undefined) return undefined;
    const answer = await this.#store.beatNode({
      node: name,
      incarnation,
      leaseMs,
      runningTasks,
      cpuPercent: load.machineCpuPercent,
      memoryPercent: load.machineMemoryPercent,
      diskPercent: load.diskPercent,
    });
    if (answer.kind === "not_found") return this.introduce(node);
    return (await this.#store.node(name)) ?? undefined;
  }

  /** Where from it is it cannot be put there, it was put elsewhere meanwhile, and stays so. */
  async silent(node: KnownNode): Promise<void> {
    const { name, status, statusReason: reason } = node.view;
    await this.#store.setNodeStatus({ node: name, status, reason });
  }

  /** Fails with `not_found` when it was removed meanwhile. */
  async hold(
    node: KnownNode,
    order: NodeOrder,
    hold: NodeHold["kind"] | null,
  ): Promise<NodeRecord> {
    const wish = { ...order, node: node.view.name, hold };
    const answer = await this.#store.holdNode(wish);
    if (answer.kind === "saved") return answer.node;
    // The store was away when the node registered.
    await this.introduce(node);
    const again = await this.#store.holdNode(wish);
    if (again.kind === "saved") return again.node;
    throw new Failure("not_found", `${wish.node} was removed meanwhile; nothing to hold`);
  }

  async remove(name: string, reason: string): Promise<void> {
    await this.#store.removeNode(name, { reason });
  }

  /** Answers the records of nodes that were let out of quarantine. */
  async #sweep(): Promise<readonly NodeRecord[]> {
    const { released } = await this.#store.sweepRecords(storeLimits.recordPageMax);
    const records = await Promise.all(released.map((name) => this.#store.node(name)));
    return records.filter((record) => record !== null);
  }
}
