// A race of asks: the first success wins, the losers are cancelled, and only when all have failed
// is it a failure. They start together, or each some time after the one before it.
import { Failure } from "#protocols/failure.ts";
import type { Delay } from "./delay.ts";

export type Contestant<R> = (signal: AbortSignal) => Promise<R>;

export interface RaceTerms {
  /** Aborting it fails the race with `cancelled` and cancels all who run. */
  readonly signal?: AbortSignal | undefined;
  /** Absent: all start at once. */
  readonly stagger?: {
    /** The next one starts when the last one has run so long, or has failed. */
    readonly ms: number;
    readonly delay: Delay;
  };
  /** A failure that no other contestant can better: it ends the race. Default: none is. */
  readonly isFinal?: (failure: Failure) => boolean;
}

/** Fails with the code of the last failure when all have failed. */
export function firstSuccess<R>(
  contestants: readonly Contestant<R>[],
  terms: RaceTerms,
): Promise<R> {
  if (contestants.length === 0) {
    return Promise.reject(new Failure("invalid", "a race without contestants has no winner"));
  }
  if (terms.signal?.aborted) return Promise.reject(withdrawn());
  return new Promise((resolve, reject) => {
    const race = new Race(contestants, terms, { resolve, reject });
    race.begin();
  });
}

interface Settle<R> {
  readonly resolve: (value: R) => void;
  readonly reject: (failure: Failure) => void;
}

class Race<R> {
  readonly #contestants: readonly Contestant<R>[];
  readonly #terms: RaceTerms;
  readonly #settle: Settle<R>;
  readonly #controller = new AbortController();
  #startedCount = 0;
  #failedCount = 0;
  #isOver = false;

  constructor(contestants: readonly Contestant<R>[], terms: RaceTerms, settle: Settle<R>) {
    this.#contestants = contestants;
    this.#terms = terms;
    this.#settle = settle;
  }

  begin(): void {
    this.#terms.signal?.addEventListener("abort", this.#withdraw, { once: true });
    if (this.#terms.stagger) this.#startNext();
    else for (const _ of this.#contestants) this.#startNext();
  }

  readonly #withdraw = (): void => this.#end(() => this.#settle.reject(withdrawn()));

  #startNext(): void {
    const start = this.#contestants[this.#startedCount];
    if (!start || this.#isOver) return;
    this.#startedCount += 1;
    this.#awaitTurnOfNext();
    run(start, this.#controller.signal).then(
      (value) => this.#end(() => this.#settle.resolve(value)),
      (error: unknown) => this.#failed(Failure.of(error)),
    );
  }

  #awaitTurnOfNext(): void {
    const { stagger } = this.#terms;
    const running = this.#startedCount;
    if (!stagger || running === this.#contestants.length) return;
    stagger.delay.sleep(stagger.ms, this.#controller.signal).then(
      // A failure may have started it before its time.
      () => running === this.#startedCount && this.#startNext(),
      (error: unknown) => this.#end(() => this.#settle.reject(Failure.of(error))),
    );
  }

  #failed(failure: Failure): void {
    this.#failedCount += 1;
    const { length } = this.#contestants;
    if (this.#failedCount === length || this.#terms.isFinal?.(failure)) {
      const text =
        length === 1
          ? failure.detail
          : `${this.#failedCount} of ${length} failed, the last: ${failure.detail}`;
      this.#end(() => this.#settle.reject(new Failure(failure.code, text, failure)));
    } else if (this.#failedCount === this.#startedCount) {
      this.#startNext();
    }
  }

  #end(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#terms.signal?.removeEventListener("abort", this.#withdraw);
    settle();
    this.#controller.abort();
  }
}

// A contestant that throws at once has failed like any other.
async function run<R>(start: Contestant<R>, signal: AbortSignal): Promise<R> {
  return await start(signal);
}

const withdrawn = (): Failure => new Failure("cancelled", "the caller withdrew its request");
