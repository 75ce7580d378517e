// Who was refused by a full queue of late, by the idempotency key of the submission, and when that queue
// has room at its pace: for doors that tell their clients when to come again. Bounded: the oldest gives way.
//
// A submission that waits for room meets a full queue at each try, and a client that is told so comes again
// with the same key. Either is one refusal, counted when the submission is first told of it.
import { queueLimits } from "#protocols/queue-limits.ts";
import type { Refusal } from "#protocols/tasks/queue.ts";
import type { FullLimit, SubmitResult } from "#protocols/tasks/store.ts";

export interface RefusedCount {
  readonly queue: string;
  readonly limit: FullLimit;
  readonly count: number;
}

export interface RefusalFigures {
  readonly kept: number;
  readonly forgotten: number;
  /** Submissions that were told of it, each once; at most one of each limit of a queue. */
  readonly refused: readonly RefusedCount[];
}

/** The idempotency key of a submission, and the queue that it goes to. */
export interface Refused {
  readonly key: string | undefined;
  readonly queue: string;
}

interface Kept extends Refusal {
  readonly isTold: boolean;
}

export class Refusals {
  readonly #byKey = new Map<string, Kept>();
  readonly #counts = new Map<string, RefusedCount>();
  #forgotten = 0;

  get figures(): RefusalFigures {
    const refused = [...this.#counts.values()];
    return { kept: this.#byKey.size, forgotten: this.#forgotten, refused };
  }

  /** What the store said to a submission. */
  note({ key, queue }: Refused, result: SubmitResult): void {
    if (key === undefined) return;
    const isTold = this.#byKey.get(key)?.isTold ?? false;
    this.#byKey.delete(key);
    if (result.kind !== "full") return;
    this.#byKey.set(key, { queue, retryAfterMs: result.retryAfterMs, isTold });
    if (this.#byKey.size <= queueLimits.refusalsKeptMax) return;
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest);
      this.#forgotten += 1;
      break;
    }
  }

  /** What whoever submitted is told. */
  told({ key, queue }: Refused, result: SubmitResult): void {
    if (result.kind !== "full") return;
    const kept = key === undefined ? undefined : this.#byKey.get(key);
    if (kept?.isTold) return;
    if (key !== undefined && kept) this.#byKey.set(key, { ...kept, isTold: true });
    const { limit } = result;
    const name = `${limit} ${queue}`;
    const count = (this.#counts.get(name)?.count ?? 0) + 1;
    this.#counts.set(name, { queue, limit, count });
  }

  of(key: string): Refusal | null {
    const kept = this.#byKey.get(key);
    return kept ? { queue: kept.queue, retryAfterMs: kept.retryAfterMs } : null;
  }
}
