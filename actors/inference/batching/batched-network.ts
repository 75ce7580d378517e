// A network that runs what is asked of it at about the same time together, so that a picture costs less.
// Whoever runs it notices nothing but that: each gets its own answer, or its own failure. When a batch
// fails its halves are run, and so on, so that only what is at fault fails.
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { Network, TensorPort, TensorValues } from "../engine/network.ts";
import { wasCutOff } from "../engine/remote-server.ts";
import { WrappedNetwork } from "../engine/wrapped-network.ts";
import {
  type BatchDecision,
  type BatchTerms,
  RunBatcher,
  type WaitingItem,
} from "./run-batcher.ts";
import { joinedScope, type RunScope, runScope } from "./run-scope.ts";
import { bucketOf, itemsIn, stacked, unstacked } from "./tensor-stack.ts";

/** Of an answer that nobody waits for any more nothing is settled: it is dropped. */
interface Item {
  readonly id: number;
  readonly values: TensorValues;
  readonly scope: RunScope | undefined;
  readonly askedMs: number;
  readonly stopListening: () => void;
  resolve(answer: TensorValues): void;
  reject(why: Failure): void;
}

/** Of a run, whatever was in it: its halves would fail the same way. */
const ofTheRun: ReadonlySet<FailureCode> = new Set(["unavailable", "timeout", "cancelled"]);

export class BatchedNetwork extends WrappedNetwork {
  readonly #batcher: RunBatcher;
  readonly #items = new Map<number, Item>();
  readonly #canBatch: boolean;
  #nextId = 1;
  #runs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** A network that fixes the first side of a tensor is run one by one, whatever the terms. */
  constructor(network: Network, terms: BatchTerms) {
    super(network);
    this.#canBatch = itemsTogether(network, terms) > 1;
    this.#batcher = new RunBatcher(
      this.#canBatch ? terms : { ...terms, itemsMax: 1, preferred: [] },
    );
  }

  /** Also fails with `cancelled` as soon as its scope's signal is aborted, and `queue_full`. */
  override run(values: TensorValues): Promise<TensorValues> {
    const scope = runScope.getStore();
    const id = this.#nextId++;
    const isBatch = this.#countOf(values) !== 1;
    const waiting: WaitingItem = {
      id,
      // What is a batch already joins nobody, and waits for nobody.
      bucket: isBatch ? `batch ${id}` : this.#bucketOf(values),
      arrivedMs: isBatch ? Number.NEGATIVE_INFINITY : performance.now(),
      deadlineMs: scope ? scope.deadlineMs - (scope.afterRunMs ?? 0) : Number.POSITIVE_INFINITY,
    };
    return new Promise((resolve, reject) => {
      if (scope?.signal.aborted) {
        reject(withdrawn());
        return;
      }
      this.#batcher.add(waiting);
      const giveUp = (): void => this.#withdraw(id);
      scope?.signal.addEventListener("abort", giveUp, { once: true });
      const stopListening = (): void => scope?.signal.removeEventListener("abort", giveUp);
      const askedMs = performance.now();
      this.#items.set(id, { id, values, scope, askedMs, stopListening, resolve, reject });
      // Those who ask in the same turn go together.
      setImmediate(() => this.#pump());
    });
  }

  override close(): Promise<void> {
    clearTimeout(this.#timer);
    return super.close();
  }

  /** Where the first side is no batch, it is one, whatever its length. */
  #countOf(values: TensorValues): number {
    return this.#canBatch ? (itemsIn(values) ?? 1) : 1;
  }

  /** By which its time is remembered, too, whoever made the batch. */
  #bucketOf(values: TensorValues): string {
    return this.#canBatch ? bucketOf(values) : "any";
  }

  #withdraw(id: number): void {
    this.#batcher.withdraw(id);
    this.#settled(id)?.reject(withdrawn());
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (this.#runs < this.overlapMax) {
      const decision = this.#batcher.next(performance.now());
      if (decision.kind === "run") void this.#work(decision);
      else {
        if (decision.kind === "wait") this.#pumpAt(decision.untilMs);
        return;
      }
    }
  }

  #pumpAt(timeMs: number): void {
    const delayMs = Math.max(0, timeMs - performance.now());
    this.#timer = setTimeout(() => this.#pump(), Math.ceil(delayMs));
  }

  async #work({ items }: Extract<BatchDecision, { kind: "run" }>): Promise<void> {
    this.#runs += 1;
    const beganMs = performance.now();
    for (const id of items) {
      const item = this.#items.get(id);
      item?.scope?.waited?.(beganMs - item.askedMs);
    }
    await this.#runTogether(items);
    this.#runs -= 1;
    this.#pump();
  }

  /** Those that were withdrawn meanwhile are left out. */
  async #runTogether(ids: readonly number[]): Promise<void> {
    const items = ids.flatMap((id) => this.#items.get(id) ?? []);
    if (items.length === 0) return;
    const { scope, release } = joinedScope(items.map((item) => item.scope));
    try {
      const counts = items.map((item) => this.#countOf(item.values));
      const size = counts.reduce((sum, count) => sum + count, 0);
      const startedAt = performance.now();
      const values = stacked(items.map((item) => item.values));
      this.#tellAtWork(scope, this.#batcher.expectedMs(this.#bucketOf(values), size));
      const answer = await runScope.run(scope, () => this.network.run(values));
      const ms = performance.now() - startedAt;
      this.#batcher.measured(this.#bucketOf(values), size, ms);
      this.#tellAtWork({ ...scope, requests: [] }, undefined);
      scope.ran({ items: Math.max(1, size), ms });
      const answers = unstacked(answer, counts);
      const settled = items.map(({ id }) => this.#settled(id));
      // The next run begins before anybody makes something of what this one gave.
      setImmediate(() => {
        for (const [at, item] of settled.entries()) item?.resolve(answers[at] ?? {});
      });
    } catch (cause) {
      this.#tellAtWork({ ...scope, requests: [] }, undefined);
      await this.#failed(items, Failure.of(cause));
    } finally {
      release();
    }
  }

  /** Of several runs at a time nobody could say which one does not end. */
  #tellAtWork({ atWork, requests = [] }: RunScope, expectedMs: number | undefined): void {
    if (this.overlapMax === 1) atWork?.({ requests, expectedMs });
  }

  async #failed(items: readonly Item[], why: Failure): Promise<void> {
    const ids = items.map(({ id }) => id);
    if (ids.length === 1 || (ofTheRun.has(why.code) && !wasCutOff(why))) {
      for (const id of ids) this.#settled(id)?.reject(why);
      return;
    }
    const half = Math.ceil(ids.length / 2);
    await this.#runTogether(ids.slice(0, half));
    await this.#runTogether(ids.slice(half));
  }

  /** Undefined: it was withdrawn before. */
  #settled(id: number): Item | undefined {
    const item = this.#items.get(id);
    this.#items.delete(id);
    item?.stopListening();
    return item;
  }
}

/** How many items of a network a run takes: 1 where it fixes the first side of a tensor, or has none. */
export function itemsTogether(
  { inputs, outputs }: Pick<Network, "inputs" | "outputs">,
  { itemsMax }: Pick<BatchTerms, "itemsMax">,
): number {
  return inputs.length > 0 && [...inputs, ...outputs].every(isOpen) ? itemsMax : 1;
}

const isOpen = ({ shape }: TensorPort): boolean => typeof shape[0] === "string" || shape[0] === -1;

const withdrawn = (): Failure => new Failure("cancelled", "the request was withdrawn");
