// A mailbox whose messages have ranks, 0 first; first in, first out within a rank. It also counts the
// bytes of what waits, for actors whose messages are large.
import type { Selector } from "#protocols/selector.ts";
import type { MailboxSpec } from "./actor-class.ts";
import type { Mailbox, Signal } from "./mailbox.ts";
import { messageBytes } from "./message-bytes.ts";
import { MessageRing, type Taken } from "./message-ring.ts";
import type { Origin } from "./origin.ts";
import { RingBuffer } from "./ring-buffer.ts";

export const rankDefault = 4;
export const rankMax = 7;

export class RankedMailbox implements Mailbox {
  readonly #ranks: readonly MessageRing[];
  readonly #rankOf: Readonly<Record<string, number>>;
  readonly #countsBytes: boolean;
  #length = 0;
  #bytes = 0;
  signals: RingBuffer<Signal> | undefined;

  constructor(spec: MailboxSpec) {
    this.#ranks = Array.from({ length: rankMax + 1 }, () => new MessageRing());
    this.#rankOf = spec.priorities ?? {};
    this.#countsBytes = spec.bytesMax !== undefined;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    this.#ranks[this.rank(selector)]?.push(selector, payload, origin);
    this.#count(payload, 1);
  }

  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    this.#ranks[this.rank(selector)]?.unshift(selector, payload, origin);
    this.#count(payload, 1);
  }

  take(taken: Taken): Selector | undefined {
    const selector = this.#ranks.find((ring) => ring.length > 0)?.shift(taken);
    if (selector) this.#count(taken.payload, -1);
    return selector;
  }

  get first(): Selector | undefined {
    return this.#ranks.find((ring) => ring.length > 0)?.first;
  }

  drop(which: "oldest" | "newest", taken: Taken): Selector | undefined {
    const ring = this.#ranks[this.lowestRank];
    const selector = which === "oldest" ? ring?.shift(taken) : ring?.pop(taken);
    if (selector) this.#count(taken.payload, -1);
    return selector;
  }

  /** The rank of the message that would give way first; -1 when nothing waits. */
  get lowestRank(): number {
    return this.#ranks.findLastIndex((ring) => ring.length > 0);
  }

  rank(selector: Selector): number {
    return this.#rankOf[selector.name] ?? rankDefault;
  }

  signal(signal: Signal): void {
    this.signals ??= new RingBuffer<Signal>();
    this.signals.push(signal);
  }

  #count(payload: unknown, sign: 1 | -1): void {
    this.#length += sign;
    if (this.#countsBytes) this.#bytes += sign * messageBytes(payload);
  }
}
