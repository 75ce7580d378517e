// Messages that cannot go on at the moment, in rows: for a shard whose owner is not known or changes, or
// for an actor that is ending. Each shard holds a bounded number; each message is held a bounded time.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { RealmMessage, Realms } from "#runtime/core/realms.ts";
import type { TimerQueue } from "#runtime/core/timer-queue.ts";
import type { KeyedSink } from "./keyed-sink.ts";

export interface HeldMessage {
  readonly to: KeyedSink;
  readonly message: RealmMessage;
  readonly sinceMs: number;
}

/** A shard, or an actor by its key. */
export type HeldFor = number | string;

export interface HoldingPorts {
  readonly realms: Realms;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  /** Of one shard. */
  readonly heldMax: number;
  /** What a message waits for, to say when it has waited too long. */
  why(to: KeyedSink): string;
}

/** Milliseconds between two looks at what is held. */
const lookMs = 250;

export class HeldMessages {
  readonly #ports: HoldingPorts;
  readonly #rows = new Map<HeldFor, HeldMessage[]>();
  readonly #counts = new Map<number, number>();
  #isLooking = false;

  constructor(ports: HoldingPorts) {
    this.#ports = ports;
  }

  get count(): number {
    let count = 0;
    for (const row of this.#rows.values()) count += row.length;
    return count;
  }

  /** Of the shard for which most are held. */
  get highest(): number {
    return Math.max(0, ...this.#counts.values());
  }

  has(heldFor: HeldFor): boolean {
    return this.#rows.has(heldFor);
  }

  /** Holds it, or refuses it with `stash_full`. */
  hold(heldFor: HeldFor, to: KeyedSink, message: RealmMessage): void {
    const { clock, heldMax, realms } = this.#ports;
    const count = this.#counts.get(to.shard) ?? 0;
    if (count >= heldMax) {
      realms.reached("keyedHeldMax");
      const text = `${count} messages are held for the shard of ${to.key} already, as ${this.#ports.why(to)}; ask again later`;
      realms.refuse(to.address, message, new Failure("stash_full", text));
      return;
    }
    this.#counts.set(to.shard, count + 1);
    const held = { to, message, sinceMs: clock.now() };
    const row = this.#rows.get(heldFor);
    if (row) row.push(held);
    else this.#rows.set(heldFor, [held]);
    this.#lookLater();
  }

  /** All that are held so and still wanted, in their order; they are held no more. */
  take(heldFor: HeldFor): readonly HeldMessage[] {
    const row = this.#rows.get(heldFor);
    if (row === undefined) return [];
    this.#rows.delete(heldFor);
    for (const held of row) this.#left(held);
    return row.filter(({ message: { origin } }) => origin?.reply?.isOpen !== false);
  }

  refuseAll(failure: Failure): void {
    for (const heldFor of [...this.#rows.keys()]) {
      for (const { to, message } of this.take(heldFor)) {
        this.#ports.realms.refuse(to.address, message, failure);
      }
    }
  }

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock, timers } = this.#ports;
    timers.set(clock.now() + lookMs, () => {
      this.#isLooking = false;
      this.#refuseOld(clock.now() - limits.keyedHeldMsMax);
      if (this.#rows.size > 0) this.#lookLater();
    });
  }

  #refuseOld(sinceMsMax: number): void {
    for (const [heldFor, row] of [...this.#rows]) {
      const first = row.findIndex(({ sinceMs }) => sinceMs > sinceMsMax);
      const old = row.splice(0, first < 0 ? row.length : first);
      if (row.length === 0) this.#rows.delete(heldFor);
      for (const held of old) this.#refuse(held);
    }
  }

  #refuse(held: HeldMessage): void {
    this.#left(held);
    const { realms, why } = this.#ports;
    realms.reached("keyedHeldMsMax");
    const text = `it was held for ${limits.keyedHeldMsMax} ms and not handled, as ${why(held.to)}; ask again`;
    realms.refuse(held.to.address, held.message, new Failure("unavailable", text));
  }

  #left({ to: { shard } }: HeldMessage): void {
    const count = (this.#counts.get(shard) ?? 0) - 1;
    if (count > 0) this.#counts.set(shard, count);
    else this.#counts.delete(shard);
  }
}
