// Messages in order, three slots each (selector, payload, origin), so that one that waits costs no
// object. The slots stand in linked chunks: a queue grows without moving what it holds, and what a
// burst took is given back chunk by chunk. No memory while it was never used.
//
//   head ─► [· · m m] ─► [m m m m] ─► [m m · ·] ◄─ tail
//
// Each chunk but the first begins with a message and each but the last ends with one, so that two
// numbers say where the queue begins and where it ends.
// Hot: W1, W4.
import type { Selector } from "#protocols/selector.ts";
import type { Origin } from "./origin.ts";

/** Where a message is put that was taken out. */
export interface Taken {
  payload: unknown;
  origin: Origin | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: three types in one array, at fixed positions.
type Slots = any[];

/** Messages of the first chunk; each further one has twice as many. */
const messagesFirst = 8;
/** Messages of the largest chunk: 6 KiB. */
const messagesMax = 256;
const slotsOf = (messages: number): number => messages * 3;

/** A copy of a part of it has no holes, which V8 would look for with each message. */
const blank: Slots = Array.from({ length: slotsOf(messagesMax) }, () => undefined);

class Chunk {
  readonly slots: Slots;
  previous: Chunk | undefined;
  next: Chunk | undefined;

  constructor(messages: number) {
    this.slots = blank.slice(0, slotsOf(messages));
  }
}

/** Emptied chunks of the largest size, for all queues of the process: at most 400 KB. */
const shelf: Chunk[] = [];
const shelfMax = 64;

export class MessageQueue {
  #head: Chunk | undefined;
  #tail: Chunk | undefined;
  /** The slots of the head, and where the oldest message stands in them. */
  #first: Slots = blank;
  #from = 0;
  /** The slots of the tail, where the next message is to stand in them, and where they end. */
  #last: Slots = blank;
  #to = 0;
  #end = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    if (this.#to === this.#end) this.#append();
    const slots = this.#last;
    const to = this.#to;
    slots[to] = selector;
    slots[to + 1] = payload;
    slots[to + 2] = origin;
    this.#to = to + 3;
    this.#length += 1;
  }

  /** Puts a message in front of all others. */
  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    if (this.#from === 0) this.#prepend();
    const slots = this.#first;
    const from = this.#from - 3;
    slots[from] = selector;
    slots[from + 1] = payload;
    slots[from + 2] = origin;
    this.#from = from;
    this.#length += 1;
  }

  /** The oldest message's selector; the rest of it goes into `taken`. */
  shift(taken: Taken): Selector | undefined {
    const length = this.#length;
    if (length === 0) return undefined;
    const slots = this.#first;
    const from = this.#from;
    const selector = empty(slots, from, taken);
    this.#from = from + 3;
    this.#length = length - 1;
    if (length === 1) this.#reset();
    else if (from + 3 === slots.length) this.#headEmptied();
    return selector;
  }

  /** The newest message. */
  pop(taken: Taken): Selector | undefined {
    if (this.#length === 0) return undefined;
    this.#to -= 3;
    const selector = empty(this.#last, this.#to, taken);
    this.#length -= 1;
    if (this.#length === 0) this.#reset();
    else if (this.#to === 0) this.#tailEmptied();
    return selector;
  }

  get first(): Selector | undefined {
    return this.#length === 0 ? undefined : this.#first[this.#from];
  }

  /** The only chunk stays, to be filled anew. */
  #reset(): void {
    this.#from = 0;
    this.#to = 0;
  }

  #append(): void {
    const chunk = this.#fresh();
    chunk.previous = this.#tail;
    if (this.#tail) this.#tail.next = chunk;
    else this.#headIs(chunk, 0);
    this.#tailIs(chunk, 0);
  }

  /** A chunk that is filled from its end. */
  #prepend(): void {
    const chunk = this.#length === 0 && this.#head !== undefined ? this.#head : this.#fresh();
    const end = chunk.slots.length;
    if (this.#length === 0) this.#tailIs(chunk, end);
    else {
      chunk.next = this.#head;
      if (this.#head) this.#head.previous = chunk;
    }
    this.#headIs(chunk, end);
  }

  #headIs(chunk: Chunk, from: number): void {
    this.#head = chunk;
    this.#first = chunk.slots;
    this.#from = from;
  }

  #tailIs(chunk: Chunk, to: number): void {
    this.#tail = chunk;
    this.#last = chunk.slots;
    this.#to = to;
    this.#end = chunk.slots.length;
  }

  #fresh(): Chunk {
    const latest = this.#tail === undefined ? messagesFirst / 2 : this.#end / 3;
    const messages = Math.min(messagesMax, latest * 2);
    return (messages === messagesMax ? shelf.pop() : undefined) ?? new Chunk(messages);
  }

  #headEmptied(): void {
    const next = this.#head?.next;
    if (next === undefined) return;
    next.previous = undefined;
    shelve(this.#head);
    this.#headIs(next, 0);
  }

  #tailEmptied(): void {
    const previous = this.#tail?.previous;
    if (previous === undefined) return;
    previous.next = undefined;
    shelve(this.#tail);
    this.#tailIs(previous, previous.slots.length);
  }
}

function shelve(chunk: Chunk | undefined): void {
  if (chunk === undefined || chunk.slots.length < blank.length || shelf.length >= shelfMax) return;
  chunk.previous = undefined;
  chunk.next = undefined;
  shelf.push(chunk);
}

function empty(slots: Slots, at: number, taken: Taken): Selector {
  const selector: Selector = slots[at];
  taken.payload = slots[at + 1];
  taken.origin = slots[at + 2];
  slots[at + 1] = undefined;
  slots[at + 2] = undefined;
  return selector;
}
