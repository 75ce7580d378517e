// Fair run queue: so many messages an actor, so many milliseconds a pass, then IO has its turn.
//
//   wake ──soon──► run: actor, actor … ──64 turns──► soon (what was awaited goes on) ──► run …
//                                      ──5 ms──────► later (IO, timers) ───────────────► run …
//
// A chain of short runs (one ask answering another) never leaves the microtask queue by itself, so
// the time is counted from the last pass of the event loop, not from the start of a run.
import { limits } from "#protocols/limits.ts";
import type { Executor } from "./ports.ts";
import { RingBuffer } from "./ring-buffer.ts";
import type { Tick } from "./tick.ts";

/** Something with messages to handle. */
export interface Runnable {
  isQueued: boolean;
  /** Handles at most `messagesMax`; true when more could be handled at once. */
  runTurn(messagesMax: number): boolean;
}

/** Clock reads cost more than messages: look at the time once in so many turns. */
const turnsPerClockRead = 8;
/** After so many turns the promises that have settled meanwhile go on. */
const turnsPerRun = 64;

export class Dispatcher {
  readonly #tick: Tick;
  readonly #executor: Executor;
  /** The executor decides whose turn is next. */
  readonly #isOneByOne: boolean;
  readonly #broken: (runnable: Runnable, error: unknown) => void;
  readonly #ready = new RingBuffer<Runnable>();
  #isAwake = false;
  #turns = 0;
  #passStartMs = -1;

  /** `broken` hears of a turn that threw: handlers never do, so the engine has a bug there. */
  constructor(
    tick: Tick,
    executor: Executor,
    broken: (runnable: Runnable, error: unknown) => void,
  ) {
    this.#tick = tick;
    this.#executor = executor;
    this.#isOneByOne = executor.isOneByOne === true;
    this.#broken = broken;
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

  /** Calls back when IO had its turn, and with it everybody who could go on. */
  afterPass(call: () => void): void {
    this.#executor.later(call);
  }

  readonly #run = (): void => {
    for (let turns = 1; ; turns += 1) {
      const next = this.#ready.shift();
      if (next === undefined) break;
      next.isQueued = false;
      if (this.#turn(next, limits.turnMessagesMax)) this.#requeue(next);
      if (this.#isPassOver()) {
        this.#executor.later(this.#run);
        return;
      }
      if (turns >= turnsPerRun) {
        this.#executor.soon(this.#run);
        return;
      }
    }
    this.#isAwake = false;
  };

  #runOne(runnable: Runnable): void {
    this.#tick.refresh();
    runnable.isQueued = false;
    if (this.#turn(runnable, 1)) this.schedule(runnable);
  }

  #turn(runnable: Runnable, messagesMax: number): boolean {
    try {
      return runnable.runTurn(messagesMax);
    } catch (error) {
      this.#broken(runnable, error);
      return false;
    }
  }

  #requeue(runnable: Runnable): void {
    if (runnable.isQueued) return;
    runnable.isQueued = true;
    this.#ready.push(runnable);
  }

  #isPassOver(): boolean {
    if (this.#passStartMs < 0) {
      this.#passStartMs = this.#tick.refresh();
      this.#turns = 0;
      this.#executor.later(this.#passEnded);
      return false;
    }
    this.#turns += 1;
    if (this.#turns % turnsPerClockRead !== 0) return false;
    return this.#tick.refresh() - this.#passStartMs >= limits.turnMs;
  }

  readonly #passEnded = (): void => {
    this.#passStartMs = -1;
  };
}
