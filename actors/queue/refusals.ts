// Who was refused by a full queue of late, by the idempotency key of the submission, and when that queue
// has room at its pace: for doors that tell their clients when to come again. Bounded: the oldest gives way.
import { queueLimits } from "#protocols/queue-limits.ts";
import type { Refusal } from "#protocols/tasks/queue.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

export interface RefusalFigures {
  readonly kept: number;
  readonly forgotten: number;
}

export class Refusals {
  readonly #byKey = new Map<string, Refusal>();
  #forgotten = 0;

  get figures(): RefusalFigures {
    return { kept: this.#byKey.size, forgotten: this.#forgotten };
  }

  /** What the store said to a submission. */
  note(idempotencyKey: string | undefined, queue: string, result: SubmitResult): void {
    if (idempotencyKey === undefined) return;
    this.#byKey.delete(idempotencyKey);
    if (result.kind !== "full") return;
    this.#byKey.set(idempotencyKey, { queue, retryAfterMs: result.retryAfterMs });
    if (this.#byKey.size <= queueLimits.refusalsKeptMax) return;
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest);
      this.#forgotten += 1;
      break;
    }
  }

  of(idempotencyKey: string): Refusal | null {
    return this.#byKey.get(idempotencyKey) ?? null;
  }
}
