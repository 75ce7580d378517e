// Fair run queue: so many messages an actor, so many milliseconds a turn, then IO has its turn.
//
//   wake ──soon──► run: actor, actor, actor … ──5 ms──► later (IO, timers) ──► run …
//
// A chain of short runs (one ask answering another) never leaves the microtask queue by itself, so
// the time is counted from the last pass of the event loop, not from the start of a run.
import { limits } from "#protocols/limits.ts";
import type { Clock, Executor } from "./ports.ts";
import { RingBuffer } from "./ring-buffer.ts";

/** Something with messages to handle. */
export interface Runnable {
  isQueued: boolean;
  /** Handles at most `messagesMax`; true when more could be handled at once. */
  runTurn(messagesMax: number): boolean;
}

/** Clock reads cost more than messages: look at the time once in so many turns. */
const turnsPerClockRead = 8;

export class Dispatcher {
  readonly #clock: Clock;
  readonly #executor: Executor;
  /** The executor decides whose turn is next. */
  readonly #isOneByOne: boolean;
  readonly #ready = new RingBuffer<Runnable>();
  #isAwake = false;
  #turns = 0;
  #passStartMs = -1;

  constructor(clock: Clock, executor: Executor) {
    this.#clock = clock;
    this.#executor = executor;
    this.#isOneByOne = executor.isOneByOne === true;
  }

  schedule(runnable: Runnable): void {
    if (runnable.isQueued) return;
    runnable.isQueued = true;
    if (this.#isOneByOne) {
      this.#executor.soon(() => this.#runOne(runnable));
      return;
    }
    this.#ready.push(runnable);
    if (this.#isAwake) return;
    this.#isAwake = true;
    if (this.#isPassOver()) this.#executor.later(this.#run);
    else this.#executor.soon(this.#run);
  }

  readonly #run = (): void => {
    for (;;) {
      const next = this.#ready.shift();
      if (next === undefined) break;
      next.isQueued = false;
      if (next.runTurn(limits.turnMessagesMax)) this.#requeue(next);
      if (this.#isPassOver()) {
        this.#executor.later(this.#run);
        return;
      }
    }
    this.#isAwake = false;
  };

  #runOne(runnable: Runnable): void {
    runnable.isQueued = false;
    if (runnable.runTurn(1)) this.schedule(runnable);
  }

  #requeue(runnable: Runnable): void {
    if (runnable.isQueued) return;
    runnable.isQueued = true;
    this.#ready.push(runnable);
  }

  #isPassOver(): boolean {
    if (this.#passStartMs < 0) {
      this.#passStartMs = this.#clock.now();
      this.#turns = 0;
      this.#executor.later(this.#passEnded);
      return false;
    }
    this.#turns += 1;
    if (this.#turns % turnsPerClockRead !== 0) return false;
    return this.#clock.now() - this.#passStartMs >= limits.turnMs;
  }

  readonly #passEnded = (): void => {
    this.#passStartMs = -1;
  };
}
