// Counts what became of the requests to one version of a model, and where their time went.
import type { Failure } from "#protocols/failure.ts";
import type { DurationSum, VersionStatistics } from "#protocols/tasks/model-repository.ts";
import type { RunTimes } from "../engine-messages.ts";

type Tallied = Omit<VersionStatistics, "name" | "version" | "device" | "warmRuns" | "engines">;

interface Sum {
  count: number;
  ms: number;
}

const newSum = (): Sum => ({ count: 0, ms: 0 });

function add(sum: Sum, ms: number): void {
  sum.count += 1;
  sum.ms += Math.max(0, ms);
}

const shown = ({ count, ms }: Sum): DurationSum => ({ count, ms: Math.round(ms * 1_000) / 1_000 });

export class RunTally {
  readonly #success = newSum();
  readonly #fail = newSum();
  readonly #queue = newSum();
  readonly #input = newSum();
  readonly #infer = newSum();
  readonly #output = newSum();
  readonly #batches = new Map<number, Sum>();
  #cancelledCount = 0;
  #inProgress = 0;
  #lastInferenceAt: number | null = null;

  get inProgress(): number {
    return this.#inProgress;
  }

  begun(): void {
    this.#inProgress += 1;
  }

  /** `totalMs` from the request to its answer; `at` in milliseconds since 1970 UTC. */
  succeeded(
    { decodeMs, inferMs, encodeMs, runs = [] }: RunTimes,
    { totalMs, at }: { readonly totalMs: number; readonly at: number },
  ): void {
    this.#inProgress -= 1;
    this.#lastInferenceAt = at;
    add(this.#success, totalMs);
    add(this.#queue, totalMs - decodeMs - inferMs - encodeMs);
    add(this.#input, decodeMs);
    add(this.#infer, inferMs);
    add(this.#output, encodeMs);
    for (const { items, ms } of runs) {
      const batch = this.#batches.get(items) ?? newSum();
      this.#batches.set(items, batch);
      add(batch, ms);
    }
  }

  failed({ code }: Failure, totalMs: number): void {
    this.#inProgress -= 1;
    add(this.#fail, totalMs);
    if (code === "cancelled") this.#cancelledCount += 1;
  }

  show(): Tallied {
    return {
      lastInferenceAt: this.#lastInferenceAt,
      success: shown(this.#success),
      fail: shown(this.#fail),
      cancelledCount: this.#cancelledCount,
      queue: shown(this.#queue),
      input: shown(this.#input),
      infer: shown(this.#infer),
      output: shown(this.#output),
      inProgress: this.#inProgress,
      batches: [...this.#batches]
        .sort(([a], [b]) => a - b)
        .map(([items, sum]) => ({ items, ...shown(sum) })),
    };
  }
}
