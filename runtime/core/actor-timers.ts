// The timers of one actor instance. A cancelled timer never fires: its message carries the timer as
// its ticket, and a ticket that is no longer current is dropped when its turn comes.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { BoundCounts } from "./bounds.ts";
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

class SetTimer implements TimerTicket {
  readonly key: string;
  readonly spec: TimerSpec;
  /** Undefined while the actor is frozen. */
  handle: Timer | undefined;
  /** Milliseconds that were left when it was frozen. */
  leftMs = 0;
  /** Its message stands in the mailbox or in the stash. */
  isWaiting = false;

  constructor(key: string, spec: TimerSpec, handle: Timer | undefined) {
    this.key = key;
    this.spec = spec;
    this.handle = handle;
  }
}

/** The timers of an actor that moves, as plain data. */
export interface PackedTimers {
  /** How many keys were made up. */
  readonly made: number;
  readonly timers: readonly {
    readonly key: string;
    readonly ms: number;
    readonly leftMs: number;
    readonly method: string;
    readonly args: readonly unknown[];
    readonly isRepeated: boolean;
    /** Its message is in the mailbox or in the stash. */
    readonly isWaiting: boolean;
  }[];
}

export interface ActorTimersPorts {
  readonly queue: TimerQueue;
  readonly clock: Clock;
  readonly bounds: BoundCounts;
  /** Whose timers they are. */
  readonly owner: { readonly path: string };
  deliver(spec: TimerSpec, ticket: TimerTicket): void;
}

export class ActorTimers {
  readonly #ports: ActorTimersPorts;
  readonly #entries = new Map<string, SetTimer>();
  /** Of those that have no key of their own. */
  #made = 0;

  constructor(ports: ActorTimersPorts) {
    this.#ports = ports;
  }

  get count(): number {
    return this.#entries.size;
  }

  /**
   * Sets a timer and answers the key to cancel it by. Fails with `mailbox_full` beyond the bound and
   * with `invalid` for a time that is none; then nothing is changed.
   */
  set(spec: TimerSpec): string {
    this.#check(spec);
    this.#made += 1;
    const key = spec.key ?? `${spec.method}#${this.#made}`;
    this.cancel(key);
    this.#entries.set(key, new SetTimer(key, spec, this.#arm(key, spec.ms)));
    return key;
  }

  cancel(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    if (entry.handle) this.#ports.queue.cancel(entry.handle);
    this.#entries.delete(key);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.cancel(key);
  }

  /** None fires until `resume`; what is left of each is kept. */
  freeze(): void {
    const now = this.#ports.clock.now();
    for (const entry of this.#entries.values()) {
      if (!entry.handle) continue;
      entry.leftMs = Math.max(0, entry.handle.dueMs - now);
      this.#ports.queue.cancel(entry.handle);
      entry.handle = undefined;
    }
  }

  resume(): void {
    for (const entry of this.#entries.values()) {
      const hasFired = entry.isWaiting && !entry.spec.isRepeated;
      if (!hasFired) entry.handle ??= this.#arm(entry.key, entry.leftMs);
    }
  }

  /** All that are set, while frozen. */
  get packed(): PackedTimers {
    const timers = [...this.#entries.values()].map(({ key, spec, leftMs, isWaiting }) => ({
      ...{ key, leftMs, isWaiting, ms: spec.ms, method: spec.method },
      ...{ args: spec.args, isRepeated: spec.isRepeated },
    }));
    return { made: this.#made, timers };
  }

  /** Timers that come from elsewhere, by key, for their messages in the mailbox: they are not set yet. */
  prepare({ timers }: PackedTimers): ReadonlyMap<string, TimerTicket> {
    const tickets = new Map<string, SetTimer>();
    for (const { key, leftMs, isWaiting, ms, method, args, isRepeated } of timers) {
      const ticket = new SetTimer(key, { key, ms, method, args, isRepeated }, undefined);
      tickets.set(key, Object.assign(ticket, { leftMs, isWaiting }));
    }
    return tickets;
  }

  /** Sets them, in place of all that are set. */
  adopt(tickets: ReadonlyMap<string, TimerTicket>, { made }: PackedTimers): void {
    this.clear();
    this.#made = Math.max(this.#made, made);
    for (const [key, ticket] of tickets) {
      if (ticket instanceof SetTimer) this.#entries.set(key, ticket);
    }
    this.resume();
  }

  /** Whether a message of that ticket would be handled. */
  isCurrent(ticket: TimerTicket): boolean {
    return this.#entries.get(ticket.key) === ticket;
  }

  /** Whether a timer message may still be handled; asked once, when its turn comes. */
  admit(ticket: TimerTicket): boolean {
    const entry = this.#entries.get(ticket.key);
    if (entry === undefined || entry !== ticket) return false;
    entry.isWaiting = false;
    if (!entry.spec.isRepeated) this.#entries.delete(ticket.key);
    return true;
  }

  /** The message of a timer was put aside: its turn will come again. */
  putBack(ticket: TimerTicket): void {
    if (!(ticket instanceof SetTimer)) return;
    ticket.isWaiting = true;
    const isGone = ticket.spec.isRepeated || this.#entries.has(ticket.key);
    if (!isGone) this.#entries.set(ticket.key, ticket);
  }

  #check({ key, method, ms }: TimerSpec): void {
    const { bounds, owner } = this.#ports;
    if (Number.isNaN(ms)) {
      const text = `${owner.path} set a timer for ${method} of ${ms} ms; give a number from 0`;
      throw new Failure("invalid", text);
    }
    const isReplaced = key !== undefined && this.#entries.has(key);
    if (isReplaced || this.#entries.size < limits.timersSetMax) return;
    bounds.reached("timersSetMax");
    const text = `${owner.path} has ${limits.timersSetMax} timers set already; none was set for ${method}`;
    throw new Failure("mailbox_full", `${text}: cancel some, or let one timer serve many`);
  }

  #arm(key: string, ms: number): Timer {
    const { queue, clock } = this.#ports;
    return queue.set(clock.now() + Math.max(0, ms), () => this.#fired(key));
  }

  #fired(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    const { spec } = entry;
    if (spec.isRepeated) entry.handle = this.#arm(key, spec.ms);
    if (entry.isWaiting) return;
    entry.isWaiting = true;
    this.#ports.deliver(spec, entry);
  }
}
