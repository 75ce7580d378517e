// Time that moves when told: the engine's Clock, Timers and Executor for tests without waiting.
import type { Clock, Executor, Timers } from "#runtime/core/ports.ts";

interface Alarm {
  readonly dueMs: number;
  readonly ring: () => void;
}

/** As a Timers port it has one alarm, for one system; further systems use `createTimers`. */
export class VirtualTime implements Clock, Timers, Executor {
  #now = 0;
  /** One alarm for each Timers port that has set one. */
  readonly #alarms = new Map<object, Alarm>();

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now;
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

  soon(task: () => void): void {
    queueMicrotask(task);
  }

  later(task: () => void): void {
    setImmediate(task);
  }

  /** Lets everything run that needs no time. */
  async settle(): Promise<void> {
    for (let pass = 0; pass < 8; pass += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves the clock by `ms`, ringing each alarm at its time. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await this.settle();
    for (let next = this.#next(); next && next[1].dueMs <= target; next = this.#next()) {
      const [owner, alarm] = next;
      this.#now = Math.max(this.#now, alarm.dueMs);
      this.#alarms.delete(owner);
      alarm.ring();
      await this.settle();
    }
    this.#now = target;
  }

  #next(): readonly [object, Alarm] | undefined {
    return [...this.#alarms].sort(([, a], [, b]) => a.dueMs - b.dueMs)[0];
  }
}
