// The timers of one actor instance. A cancelled timer never fires: its message carries a ticket,
// and a ticket that is no longer current is dropped when its turn comes.
import type { TimerTicket } from "./origin.ts";
import type { Clock } from "./ports.ts";
import type { Timer, TimerQueue } from "./timer-queue.ts";

export interface TimerSpec {
  /** Replaces the timer of the same key; made up when undefined. */
  readonly key: string | undefined;
  readonly ms: number;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly isRepeated: boolean;
}

interface Entry {
  readonly spec: TimerSpec;
  readonly generation: number;
  handle: Timer;
  isWaiting: boolean;
}

export class ActorTimers {
  readonly #queue: TimerQueue;
  readonly #clock: Clock;
  readonly #deliver: (spec: TimerSpec, ticket: TimerTicket) => void;
  readonly #entries = new Map<string, Entry>();
  #generation = 0;

  constructor(
    queue: TimerQueue,
    clock: Clock,
    deliver: (spec: TimerSpec, ticket: TimerTicket) => void,
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#deliver = deliver;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Sets a timer and answers the key to cancel it by. */
  set(spec: TimerSpec): string {
    this.#generation += 1;
    const generation = this.#generation;
    const key = spec.key ?? `${spec.method}#${generation}`;
    this.cancel(key);
    this.#entries.set(key, { spec, generation, handle: this.#arm(key, spec.ms), isWaiting: false });
    return key;
  }

  cancel(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#queue.cancel(entry.handle);
    this.#entries.delete(key);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.cancel(key);
  }

  /** Whether a timer message may still be handled; asked once, when its turn comes. */
  admit(ticket: TimerTicket): boolean {
    const entry = this.#entries.get(ticket.key);
    if (!entry || entry.generation !== ticket.generation) return false;
    entry.isWaiting = false;
    if (!entry.spec.isRepeated) this.#entries.delete(ticket.key);
    return true;
  }

  #arm(key: string, ms: number): Timer {
    return this.#queue.set(this.#clock.now() + Math.max(0, ms), () => this.#fired(key));
  }

  #fired(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    const { spec, generation } = entry;
    if (spec.isRepeated) entry.handle = this.#arm(key, spec.ms);
    if (entry.isWaiting) return;
    entry.isWaiting = true;
    this.#deliver(spec, { key, generation });
  }
}
