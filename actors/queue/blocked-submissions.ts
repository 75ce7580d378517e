// Submissions to full queues that let newcomers wait. Each is tried again when there may be room, the
// oldest first; who gives up waiting leaves no trace. Bounded in number and bytes: beyond that a
// newcomer hears that the queue is full.
import { Failure } from "#protocols/failure.ts";
import { queueLimits } from "#protocols/queue-limits.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

interface Blocked {
  readonly queue: string;
  readonly bytes: number;
  readonly tryAgain: () => Promise<SubmitResult>;
  readonly resolve: (result: SubmitResult) => void;
  readonly reject: (failure: Failure) => void;
}

export interface BlockedTerms {
  readonly queue: string;
  readonly bytes: number;
  readonly signal: AbortSignal;
  readonly tryAgain: () => Promise<SubmitResult>;
}

export class BlockedSubmissions {
  readonly #waiting = new Set<Blocked>();
  /** Queues for which one is tried just now. */
  readonly #trying = new Set<string>();
  #bytes = 0;

  get count(): number {
    return this.#waiting.size;
  }

  /** Undefined when there is no room to wait. */
  wait({ queue, bytes, signal, tryAgain }: BlockedTerms): Promise<SubmitResult> | undefined {
    const isFull =
      this.#waiting.size >= queueLimits.submissionsBlockedMax ||
      this.#bytes + bytes > queueLimits.submissionsBlockedBytesMax;
    if (isFull || signal.aborted) return undefined;
    return new Promise((resolve, reject) => {
      const blocked: Blocked = { queue, bytes, tryAgain, resolve, reject };
      this.#waiting.add(blocked);
      this.#bytes += bytes;
      const giveUp = (): void => {
        if (this.#leave(blocked)) reject(gaveUp(queue));
      };
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** There may be room: tries the oldest of each queue, and those behind it as long as they fit. */
  room(): void {
    const queues = new Set([...this.#waiting].map(({ queue }) => queue));
    for (const queue of queues) if (!this.#trying.has(queue)) this.#tryNext(queue);
  }

  /** `passed`: those whose users have their share already, so that others go ahead of them. */
  #tryNext(queue: string, passed: ReadonlySet<Blocked> = new Set()): void {
    const first = [...this.#waiting].find(
      (blocked) => blocked.queue === queue && !passed.has(blocked),
    );
    if (first === undefined) return;
    this.#trying.add(queue);
    first.tryAgain().then(
      (result) => {
        this.#trying.delete(queue);
        if (result.kind === "full") {
          if (result.limit === "user") this.#tryNext(queue, new Set([...passed, first]));
          return;
        }
        this.#leave(first);
        first.resolve(result);
        this.#tryNext(queue, passed);
      },
      (error: unknown) => {
        this.#trying.delete(queue);
        this.#leave(first);
        first.reject(Failure.of(error));
      },
    );
  }

  /** False when it has left already. */
  #leave(blocked: Blocked): boolean {
    if (!this.#waiting.delete(blocked)) return false;
    this.#bytes -= blocked.bytes;
    return true;
  }
}

const gaveUp = (queue: string): Failure =>
  new Failure("cancelled", `nobody waits for room in the queue "${queue}" any more`);
