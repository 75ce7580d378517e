// Time that moves when told: the engine's Clock, Timers and Executor for tests without waiting.
//
// Between two events everything runs that needs no time: microtasks are drained by passes of the
// event loop. Node drains them after each single callback of `setImmediate`, so one pass carries many
// steps. With a seeded executor the order of what is ready comes from the seed.
import { Failure } from "#protocols/failure.ts";
import type { Clock, Executor, Timers } from "#runtime/core/ports.ts";
import { type ClockFault, NodeTime } from "./node-time.ts";
import type { SeededExecutor } from "./seeded-executor.ts";

interface Alarm {
  readonly dueMs: number;
  readonly ring: () => void;
}

// Taken before anybody can put traps in their place (see ambient-guard.ts).
const nextPass = setImmediate;
const nextMicrotask = queueMicrotask;

/** Passes without work after which all is quiet: a promise may need a few. */
const quietPasses = { inOrder: 8, seeded: 2 };
/** Steps of a seeded executor in one pass, at most. */
const stepsPerPassMax = 16;
/** Who works on for so many passes at one instant never comes to rest. */
const passesMax = 200_000;
/** The same for alarms that are due when they are set. */
const alarmsPerInstantMax = 100_000;

const wallStartMs = 1_700_000_000_000;

/** As a Timers port it has one alarm, for one system; further systems use `createTimers`. */
export class VirtualTime implements Clock, Timers, Executor {
  #now = 0;
  /** One alarm for each Timers port that has set one. */
  readonly #alarms = new Map<object, Alarm>();
  readonly #seeded: SeededExecutor | undefined;
  #tasksTaken = 0;
  #pumps = 0;
  #alarmsRung = 0;

  /** Without an executor tasks run in the order in which they were handed over. */
  constructor(seeded?: SeededExecutor) {
    this.#seeded = seeded;
    // So that awaiting an ask is enough, as without a seed: whatever becomes ready is soon run.
    if (seeded) {
      seeded.onReady = () => {
        if (this.#pumps === 0) void this.settle();
      };
    }
  }

  get isOneByOne(): boolean {
    return this.#seeded !== undefined;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return Math.floor(wallStartMs + this.#now);
  }

  set(dueMs: number, ring: () => void): void {
    this.#alarms.set(this, { dueMs, ring });
  }

  clear(): void {
    this.#alarms.delete(this);
  }

  /** The Timers port of one more system on this time. */
  createTimers(): Timers {
    const owner = {};
    return {
      set: (dueMs, ring) => {
        this.#alarms.set(owner, { dueMs, ring });
      },
      clear: () => {
        this.#alarms.delete(owner);
      },
    };
  }

  /** Clock and Timers of one more node, whose clock is wrong in this way. */
  createView(fault: ClockFault = {}): NodeTime {
    return new NodeTime(this, fault);
  }

  soon(task: () => void): void {
    this.#tasksTaken += 1;
    if (this.#seeded) this.#seeded.soon(task);
    else nextMicrotask(task);
  }

  later(task: () => void): void {
    this.#tasksTaken += 1;
    if (this.#seeded) this.#seeded.later(task);
    else nextPass(task);
  }

  /** What the seeded executor has chosen so far; empty without one. */
  get choices(): readonly number[] {
    return this.#seeded?.choices ?? [];
  }

  /** Alarms that have rung. */
  get alarmsRung(): number {
    return this.#alarmsRung;
  }

  /** When the next alarm is due; Infinity without one. */
  get nextAlarmMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#alarms.values()) earliest = Math.min(earliest, dueMs);
    return earliest;
  }

  /** Lets everything run that needs no time. Fails with `internal` when that never ends. */
  async settle(): Promise<void> {
    this.#pumps += 1;
    try {
      await this.#untilQuiet();
    } finally {
      this.#pumps -= 1;
    }
  }

  /** Moves the clock by `ms`, ringing each alarm at its time. */
  async advance(ms: number): Promise<void> {
    await this.advanceUntil(() => false, ms);
  }

  /**
   * Moves the clock from alarm to alarm until it is so, but by `withinMs` at most; whether it is.
   * Then the clock stands where it became so, otherwise at the end.
   */
  async advanceUntil(isReached: () => boolean, withinMs: number): Promise<boolean> {
    if (!(withinMs >= 0 && Number.isFinite(withinMs))) {
      throw new Failure("invalid", `time moves by a number of ms from 0, not by ${withinMs}`);
    }
    const endMs = this.#now + withinMs;
    await this.settle();
    let alarms = 0;
    for (let lastMs = this.#now; !isReached(); lastMs = this.#now) {
      const nextMs = this.nextAlarmMs;
      alarms = nextMs <= lastMs ? alarms + 1 : 0;
      if (alarms > alarmsPerInstantMax) throw restless(lastMs);
      if (nextMs > endMs) {
        this.#now = Math.max(this.#now, endMs);
        return false;
      }
      this.#ringAt(nextMs);
      await this.settle();
    }
    return true;
  }

  /**
   * What the promise comes to, while time moves as far as it needs, but by `withinMs` at most; then
   * it fails with `timeout`.
   */
  async until<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    if (await this.advanceUntil(() => isSettled, withinMs)) return promise;
    const text = `the promise is open after ${withinMs} ms of virtual time: nothing will settle it`;
    throw new Failure("timeout", text);
  }

  #ringAt(dueMs: number): void {
    const due = [...this.#alarms].filter(([, alarm]) => alarm.dueMs <= dueMs);
    const chosen = due[this.#seeded?.choose(due.length) ?? 0];
    if (!chosen) return;
    const [owner, alarm] = chosen;
    this.#now = Math.max(this.#now, alarm.dueMs);
    this.#alarms.delete(owner);
    this.#alarmsRung += 1;
    alarm.ring();
  }

  async #untilQuiet(): Promise<void> {
    const enough = this.#seeded ? quietPasses.seeded : quietPasses.inOrder;
    let quiet = 0;
    for (let passes = 0; quiet < enough; passes += 1) {
      if (passes === passesMax) throw restless(this.#now);
      const before = this.#tasksTaken;
      const steps = await this.#pass();
      quiet = steps > 0 || this.#tasksTaken > before ? 0 : quiet + 1;
    }
  }

  /** One pass of the event loop; how many steps the seeded executor made in it. */
  #pass(): Promise<number> {
    const seeded = this.#seeded;
    if (!seeded || seeded.readyCount === 0) {
      return new Promise((resolve) => nextPass(() => resolve(0)));
    }
    return new Promise((resolve, reject) => {
      let made = 0;
      const step = (): void => {
        try {
          if (seeded.step()) made += 1;
        } catch (error) {
          reject(error);
        }
      };
      const steps = Math.min(stepsPerPassMax, 2 * seeded.readyCount);
      for (let count = 0; count < steps; count += 1) nextPass(step);
      nextPass(() => resolve(made));
    });
  }
}

const restless = (nowMs: number): Failure =>
  new Failure(
    "internal",
    `at ${nowMs} ms work goes on and on, and time cannot move: some actors send to one another ` +
      "without end; let them wait with ctx.after",
  );
