// A mailbox whose messages have ranks, 0 first; first in, first out within a rank. It also counts the
// bytes of what waits, for actors whose messages are large.
import type { Selector } from "#protocols/selector.ts";
import type { MailboxSpec } from "./actor-class.ts";
import { invariant } from "./invariant.ts";
import type { Mailbox } from "./mailbox.ts";
import { messageBytes } from "./message-bytes.ts";
import { MessageQueue, type Taken } from "./message-queue.ts";
import type { Origin } from "./origin.ts";

export const rankDefault = 4;
export const rankMax = 7;

/** A payload with its bytes as they were counted: what its sender does to it later changes nothing. */
class Weighed {
  readonly payload: unknown;
  readonly bytes: number;

  constructor(payload: unknown) {
    this.payload = payload;
    this.bytes = messageBytes(payload);
  }
}

class Rank {
  readonly messages = new MessageQueue();
  bytes = 0;
}

export class RankedMailbox implements Mailbox {
  readonly #ranks: readonly Rank[];
  readonly #rankOf: ReadonlyMap<string, number>;
  readonly #countsBytes: boolean;
  #length = 0;

  constructor(spec: MailboxSpec) {
    this.#ranks = Array.from({ length: rankMax + 1 }, () => new Rank());
    this.#rankOf = new Map(Object.entries(spec.priorities ?? {}));
    this.#countsBytes = spec.bytesMax !== undefined;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#countsBytes ? this.upTo(rankMax).bytes : 0;
  }

  /** What waits of that rank and of those before it. */
  upTo(rank: number): { readonly length: number; readonly bytes: number } {
    let length = 0;
    let bytes = 0;
    for (const [index, { messages, bytes: bytesOfRank }] of this.#ranks.entries()) {
      if (index > rank) break;
      length += messages.length;
      bytes += bytesOfRank;
    }
    return { length, bytes };
  }

  push(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    const rank = this.#rankFor(selector);
    rank.messages.push(selector, this.#weighed(payload, rank), origin);
    this.#length += 1;
  }

  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    const rank = this.#rankFor(selector);
    rank.messages.unshift(selector, this.#weighed(payload, rank), origin);
    this.#length += 1;
  }

  take(taken: Taken): Selector | undefined {
    const rank = this.#ranks.find(({ messages }) => messages.length > 0);
    return rank && this.#out(rank, rank.messages.shift(taken), taken);
  }

  get first(): Selector | undefined {
    return this.#ranks.find(({ messages }) => messages.length > 0)?.messages.first;
  }

  drop(which: "oldest" | "newest", taken: Taken): Selector | undefined {
    const rank = this.#ranks[this.lowestRank];
    const dropped = which === "oldest" ? rank?.messages.shift(taken) : rank?.messages.pop(taken);
    return rank && this.#out(rank, dropped, taken);
  }

  /** The rank of the message that would give way first; -1 when nothing waits. */
  get lowestRank(): number {
    return this.#ranks.findLastIndex(({ messages }) => messages.length > 0);
  }

  rank(selector: Selector): number {
    return this.#rankOf.get(selector.name) ?? rankDefault;
  }

  #rankFor(selector: Selector): Rank {
    const rank = this.#ranks[this.rank(selector)];
    invariant(rank !== undefined, "every message has one of the ranks");
    return rank;
  }

  #weighed(payload: unknown, rank: Rank): unknown {
    if (!this.#countsBytes) return payload;
    const weighed = new Weighed(payload);
    rank.bytes += weighed.bytes;
    return weighed;
  }

  #out(rank: Rank, selector: Selector | undefined, taken: Taken): Selector | undefined {
    if (selector === undefined) return undefined;
    this.#length -= 1;
    const { payload } = taken;
    if (payload instanceof Weighed) {
      rank.bytes -= payload.bytes;
      taken.payload = payload.payload;
    }
    return selector;
  }
}
