// Growable ring of messages: three slots each (selector, payload, origin) in one array, so that a
// message that waits costs no object. O(1) at both ends; no memory while it was never used.
//
// Hot: W1, W4.
import type { Selector } from "#protocols/selector.ts";
import type { Origin } from "./origin.ts";

/** Where a message is put that was taken out. */
export interface Taken {
  payload: unknown;
  origin: Origin | undefined;
}

const messagesFirst = 8;
/** An emptied ring larger than this gives its memory back. */
const messagesKept = 4_096;

export class MessageRing {
  // biome-ignore lint/suspicious/noExplicitAny: three types in one array, at fixed positions.
  #slots: any[] = [];
  #capacity = 0;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    if (this.#length === this.#capacity) this.#grow();
    const at = ((this.#head + this.#length) & (this.#capacity - 1)) * 3;
    this.#slots[at] = selector;
    this.#slots[at + 1] = payload;
    this.#slots[at + 2] = origin;
    this.#length += 1;
  }

  /** Puts a message in front of all others. */
  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    if (this.#length === this.#capacity) this.#grow();
    this.#head = (this.#head - 1) & (this.#capacity - 1);
    const at = this.#head * 3;
    this.#slots[at] = selector;
    this.#slots[at + 1] = payload;
    this.#slots[at + 2] = origin;
    this.#length += 1;
  }

  /** The oldest message's selector; the rest of it goes into `taken`. */
  shift(taken: Taken): Selector | undefined {
    if (this.#length === 0) return undefined;
    const selector = this.#empty(this.#head, taken);
    this.#head = (this.#head + 1) & (this.#capacity - 1);
    this.#length -= 1;
    if (this.#length === 0 && this.#capacity > messagesKept) this.#release();
    return selector;
  }

  /** The newest message. */
  pop(taken: Taken): Selector | undefined {
    if (this.#length === 0) return undefined;
    this.#length -= 1;
    return this.#empty((this.#head + this.#length) & (this.#capacity - 1), taken);
  }

  get first(): Selector | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head * 3];
  }

  #empty(index: number, taken: Taken): Selector {
    const at = index * 3;
    const selector: Selector = this.#slots[at];
    taken.payload = this.#slots[at + 1];
    taken.origin = this.#slots[at + 2];
    this.#slots[at + 1] = undefined;
    this.#slots[at + 2] = undefined;
    return selector;
  }

  #release(): void {
    this.#slots = [];
    this.#capacity = 0;
    this.#head = 0;
  }

  #grow(): void {
    const before = this.#slots;
    const from = this.#head * 3;
    // The tail behind the head first, then what had wrapped around.
    this.#slots = before.slice(from).concat(before.slice(0, from));
    this.#head = 0;
    this.#capacity = Math.max(messagesFirst, this.#capacity * 2);
    while (this.#slots.length < this.#capacity * 3) this.#slots.push(undefined);
  }
}
