// A network that runs what is asked of it at about the same time together, so that a picture costs less.
// Whoever runs it notices nothing but that: each gets its own answer, or its own failure. When a batch
// fails its halves are run, and so on, so that only what is at fault fails.
import { Failure } from "#protocols/failure.ts";
import type { Network, TensorPort, TensorValues } from "../engine/network.ts";
import { type BatchTerms, RunBatcher, type WaitingItem } from "./run-batcher.ts";
import { type RunScope, runScope } from "./run-scope.ts";
import { bucketOf, itemsIn, stacked, unstacked } from "./tensor-stack.ts";

interface Item {
  readonly values: TensorValues;
  readonly scope: RunScope | undefined;
  readonly stopListening: () => void;
  resolve(answer: TensorValues): void;
  reject(why: Failure): void;
}

export class BatchedNetwork implements Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  readonly #network: Network;
  readonly #batcher: RunBatcher;
  readonly #items = new Map<number, Item>();
  readonly #canBatch: boolean;
  #nextId = 1;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;

  /** A network that fixes the first side of a tensor is run one by one, whatever the terms. */
  constructor(network: Network, terms: BatchTerms) {
    this.inputs = network.inputs;
    this.outputs = network.outputs;
    this.#network = network;
    this.#canBatch = itemsTogether(network, terms) > 1;
    this.#batcher = new RunBatcher(
      this.#canBatch ? terms : { ...terms, itemsMax: 1, preferred: [] },
    );
  }

  /** Also fails with `cancelled` when its scope's signal is aborted before the run, and `queue_full`. */
  run(values: TensorValues): Promise<TensorValues> {
    const scope = runScope.getStore();
    const id = this.#nextId++;
    const isBatch = this.#canBatch && itemsIn(values) !== 1;
    const waiting: WaitingItem = {
      id,
      bucket: this.#bucketOf(values, id),
      // What is a batch already waits for nobody.
      arrivedMs: isBatch ? Number.NEGATIVE_INFINITY : performance.now(),
      deadlineMs: scope?.deadlineMs ?? Number.POSITIVE_INFINITY,
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
      this.#items.set(id, { values, scope, stopListening, resolve, reject });
      // Those who ask in the same turn go together.
      setImmediate(() => void this.#pump());
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#network.close();
  }

  #bucketOf(values: TensorValues, id: number): string {
    if (!this.#canBatch) return "any";
    return itemsIn(values) === 1 ? bucketOf(values) : `batch ${id}`;
  }

  #withdraw(id: number): void {
    if (!this.#batcher.withdraw(id)) return;
    this.#takeOut(id)?.reject(withdrawn());
  }

  async #pump(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    clearTimeout(this.#timer);
    let decision = this.#batcher.next(performance.now());
    while (decision.kind === "run") {
      const items = decision.items.flatMap((id) => this.#takeOut(id) ?? []);
      await this.#runTogether(items, decision.bucket);
      // What came while the thread was busy may join the next batch.
      await new Promise((resolve) => setImmediate(resolve));
      decision = this.#batcher.next(performance.now());
    }
    this.#isRunning = false;
    if (decision.kind === "idle") return;
    const delayMs = Math.max(0, decision.untilMs - performance.now());
    this.#timer = setTimeout(() => void this.#pump(), Math.ceil(delayMs));
  }

  async #runTogether(items: readonly Item[], bucket: string): Promise<void> {
    try {
      const startedAt = performance.now();
      const answer = await this.#network.run(stacked(items.map(({ values }) => values)));
      const ms = performance.now() - startedAt;
      this.#batcher.measured(bucket, items.length, ms);
      items[0]?.scope?.ran({ items: items.length, ms });
      const answers = unstacked(
        answer,
        items.map(({ values }) => itemsIn(values) ?? 1),
      );
      for (const [at, item] of items.entries()) item.resolve(answers[at] ?? {});
    } catch (cause) {
      const [first, ...others] = items;
      if (others.length === 0) {
        first?.reject(Failure.of(cause));
        return;
      }
      const half = Math.ceil(items.length / 2);
      await this.#runTogether(items.slice(0, half), bucket);
      await this.#runTogether(items.slice(half), bucket);
    }
  }

  #takeOut(id: number): Item | undefined {
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

const withdrawn = (): Failure =>
  new Failure("cancelled", "the request was withdrawn before it ran");
