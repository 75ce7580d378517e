// Fair run queue: so many messages an actor, so many milliseconds a pass, then IO has its turn.
//
//   wake ──soon──► run: actor, actor … ──64 turns──► soon (what was awaited goes on) ──► run …
//                                      ──5 ms──────► later (IO, timers) ───────────────► run …
//
// A chain of short runs (one ask answering another) never leaves the microtask queue by itself, so
// the time is counted from the last pass of the event loop, not from the start of a run.
//
// A look at the clock costs more than a message, so it is taken once in several turns or messages.
// When handlers turn out to be slow, from then on after each of them: IO waits for `turnMs` and the
// handler in progress, and only where slow ones come as a surprise for some more of them.
import { limits } from "#protocols/limits.ts";
import type { BoundCounts } from "./bounds.ts";
import type { Executor } from "./ports.ts";
import { RingBuffer } from "./ring-buffer.ts";
import type { Tick } from "./tick.ts";

/** Something with messages to handle. */
export interface Runnable {
  isQueued: boolean;
  /** Handles at most `messagesMax`, a turn or a part of one; true when more could be handled at once. */
  runTurn(messagesMax: number): boolean;
}

/** Turns, and messages of one turn, until the next look at the clock while they are quick. */
const quickOnes = 8;
/** From so many milliseconds between two looks on, what is handled is slow. */
const slowMs = 0.5;
/** After so many turns the promises that have settled meanwhile go on. */
const turnsPerRun = 64;

export class Dispatcher {
  readonly #tick: Tick;
  readonly #executor: Executor;
  /** The executor decides whose turn is next. */
  readonly #isOneByOne: boolean;
  readonly #broken: (runnable: Runnable, error: unknown) => void;
  readonly #bounds: BoundCounts;
  readonly #ready = new RingBuffer<Runnable>();
  #isAwake = false;
  #turns = 0;
  #passStartMs = -1;
  #lookedMs = 0;
  #isTimeUp = false;
  #lookAfter = quickOnes;

  /** `broken` hears of a turn that threw: handlers never do, so the engine has a bug there. */
  constructor(
    tick: Tick,
    executor: Executor,
    broken: (runnable: Runnable, error: unknown) => void,
    bounds: BoundCounts,
  ) {
    this.#bounds = bounds;
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
    if (this.#passStartMs < 0) this.#beginPass();
    if (this.#isTimeUp) this.#executor.later(this.#run);
    else this.#executor.soon(this.#run);
  }

  /** Calls back when IO had its turn, and with it everybody who could go on. */
  afterPass(call: () => void): void {
    this.#executor.later(call);
  }

  readonly #run = (): void => {
    if (this.#passStartMs < 0) this.#beginPass();
    for (let turns = 1; ; turns += 1) {
      const next = this.#ready.shift();
      if (next === undefined) break;
      next.isQueued = false;
      if (this.#turn(next)) this.#requeue(next);
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
    if (this.#runSome(runnable, 1)) this.schedule(runnable);
  }

  /** In parts, with a look at the clock after each; most turns are over within the first. */
  #turn(runnable: Runnable): boolean {
    let handled = 0;
    let part = this.#lookAfter;
    while (this.#runSome(runnable, part)) {
      handled += part;
      if (handled >= limits.turnMessagesMax) {
        this.#bounds.reached("turnMessagesMax");
        return true;
      }
      if (this.#look()) return true;
      const next = this.#lookAfter === 1 ? 1 : handled * 3;
      part = Math.min(next, limits.turnMessagesMax - handled);
    }
    return false;
  }

  #runSome(runnable: Runnable, messagesMax: number): boolean {
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
    if (this.#isTimeUp) return true;
    this.#turns += 1;
    return this.#turns % this.#lookAfter === 0 && this.#look();
  }

  /** Looks at the clock; true when IO is to have its turn. */
  #look(): boolean {
    const nowMs = this.#tick.refresh();
    this.#lookAfter = nowMs - this.#lookedMs < slowMs ? quickOnes : 1;
    this.#lookedMs = nowMs;
    this.#isTimeUp = nowMs - this.#passStartMs >= limits.turnMs;
    if (this.#isTimeUp) this.#bounds.reached("turnMs");
    return this.#isTimeUp;
  }

  #beginPass(): void {
    const nowMs = this.#tick.refresh();
    this.#passStartMs = nowMs;
    this.#lookedMs = nowMs;
    this.#turns = 0;
    this.#isTimeUp = false;
    this.#executor.later(this.#passEnded);
  }

  readonly #passEnded = (): void => {
    this.#passStartMs = -1;
  };
}
