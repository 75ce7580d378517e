// Submissions to full queues that let newcomers wait. Each is tried again when there may be room, in the order in
// which their tasks would wait there: by priority, which age makes up for. Who comes later goes behind those
// that wait before it, also when it would find room just then. One that is being tried is answered with what comes of it, however late; who gives up
// meanwhile has withdrawn what is made of his submission. Bounded in number and bytes: beyond that a
// newcomer hears that the queue is full.
import { Failure } from "#protocols/failure.ts";
import { queueLimits } from "#protocols/queue-limits.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import type { BlockedFigures } from "./queue-figures.ts";

interface Place {
  readonly queue: string;
  /** Lowest first. */
  readonly place: number;
  readonly userId: string | undefined;
}

interface Blocked extends Place {
  readonly bytes: number;
  readonly untilMs: number;
  /** Of the last attempt. */
  refusal: SubmitResult;
  readonly tryAgain: () => Promise<SubmitResult>;
  readonly withdraw: (made: SubmitResult) => void;
  readonly resolve: (result: SubmitResult) => void;
  readonly reject: (failure: Failure) => void;
}

export interface BlockedTerms extends Place {
  readonly bytes: number;
  readonly signal: AbortSignal;
  /** By a clock that never goes back: who still waits then hears the refusal. */
  readonly untilMs: number;
  readonly refusal: SubmitResult;
  readonly tryAgain: () => Promise<SubmitResult>;
  /** Nobody waits any more for what has been made. */
  readonly withdraw: (made: SubmitResult) => void;
}

export class BlockedSubmissions {
  readonly #waiting = new Set<Blocked>();
  /** By queue, the one that is tried just now. */
  readonly #trying = new Map<string, Blocked>();
  #bytes = 0;
  #refusedByCount = 0;
  #refusedByBytes = 0;

  get figures(): BlockedFigures {
    return {
      count: this.#waiting.size,
      bytes: this.#bytes,
      refusedByCount: this.#refusedByCount,
      refusedByBytes: this.#refusedByBytes,
    };
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Whether somebody waits who goes before it. Who waits for its user's share holds up that user alone. */
  isBehind({ queue, place, userId }: Place): boolean {
    for (const blocked of this.#waiting) {
      if (blocked.queue !== queue || blocked.place > place) continue;
      if (!hasItsShare(blocked) || blocked.userId === userId) return true;
    }
    return false;
  }

  /** Undefined when there is no room to wait. */
  wait({ signal, ...terms }: BlockedTerms): Promise<SubmitResult> | undefined {
    const { queue, bytes } = terms;
    if (signal.aborted || !this.#hasRoom(bytes)) return undefined;
    return new Promise((resolve, reject) => {
      const blocked: Blocked = { ...terms, resolve, reject };
      this.#waiting.add(blocked);
      this.#bytes += bytes;
      const giveUp = (): void => {
        if (this.#leave(blocked)) reject(gaveUp(queue));
      };
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Those who cannot wait any longer hear that there is no room. */
  expire(nowMs: number): void {
    for (const blocked of [...this.#waiting]) {
      if (blocked.untilMs > nowMs || this.#trying.get(blocked.queue) === blocked) continue;
      this.#leave(blocked);
      blocked.resolve(blocked.refusal);
    }
  }

  /** There may be room: tries the first of each queue, and those behind it as long as they fit. */
  room(): void {
    const queues = new Set([...this.#waiting].map(({ queue }) => queue));
    for (const queue of queues) if (!this.#trying.has(queue)) this.#tryNext(queue);
  }

  /** `passed`: those whose users have their share already, so that others go ahead of them. */
  #tryNext(queue: string, passed: ReadonlySet<Blocked> = new Set()): void {
    const first = this.#firstOf(queue, passed);
    if (first === undefined) return;
    this.#trying.set(queue, first);
    first.tryAgain().then(
      (result) => {
        this.#trying.delete(queue);
        if (result.kind === "full") {
          first.refusal = result;
          if (hasItsShare(first)) this.#tryNext(queue, new Set([...passed, first]));
          return;
        }
        if (this.#leave(first)) first.resolve(result);
        else first.withdraw(result);
        this.#tryNext(queue, passed);
      },
      (error: unknown) => {
        this.#trying.delete(queue);
        this.#leave(first);
        first.reject(Failure.of(error));
      },
    );
  }

  #firstOf(queue: string, passed: ReadonlySet<Blocked>): Blocked | undefined {
    let first: Blocked | undefined;
    for (const blocked of this.#waiting) {
      if (blocked.queue !== queue || passed.has(blocked)) continue;
      if (first === undefined || blocked.place < first.place) first = blocked;
    }
    return first;
  }

  #hasRoom(bytes: number): boolean {
    const { submissionsBlockedMax: most, submissionsBlockedBytesMax: bytesMost } = queueLimits;
    const isCountFull = this.#waiting.size >= most;
    const isBytesFull = this.#bytes + bytes > bytesMost;
    if (isCountFull) this.#refusedByCount += 1;
    if (isBytesFull) this.#refusedByBytes += 1;
    return !isCountFull && !isBytesFull;
  }

  /** False when it has left already. */
  #leave(blocked: Blocked): boolean {
    if (!this.#waiting.delete(blocked)) return false;
    this.#bytes -= blocked.bytes;
    return true;
  }
}

const hasItsShare = ({ refusal }: Blocked): boolean =>
  refusal.kind === "full" && refusal.limit === "user";

const gaveUp = (queue: string): Failure =>
  new Failure("cancelled", `nobody waits for room in the queue "${queue}" any more`);
