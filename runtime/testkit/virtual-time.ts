// Time that moves when told: the engine's Clock, Timers and Executor for tests without waiting.
import type { Clock, Executor, Timers } from "#runtime/core/ports.ts";

export class VirtualTime implements Clock, Timers, Executor {
  #now = 0;
  #alarm: { readonly dueMs: number; readonly ring: () => void } | undefined;

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now;
  }

  set(dueMs: number, ring: () => void): void {
    this.#alarm = { dueMs, ring };
  }

  clear(): void {
    this.#alarm = undefined;
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
    for (let alarm = this.#alarm; alarm && alarm.dueMs <= target; alarm = this.#alarm) {
      this.#now = Math.max(this.#now, alarm.dueMs);
      this.#alarm = undefined;
      alarm.ring();
      await this.settle();
    }
    this.#now = target;
  }
}
