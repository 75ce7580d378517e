// Messages in order, three slots each (selector, payload, origin), so that one that waits costs no
// object. The slots stand in linked chunks: a queue grows without moving what it holds, and what a
// burst took is given back chunk by chunk. No memory while it was never used.
//
//   head ─► [· · m m] ─► [m m m m] ─► [m m · ·] ◄─ tail        [spare]
//
// Hot: W1, W4.
import type { Selector } from "#protocols/selector.ts";
import type { Origin } from "./origin.ts";

/** Where a message is put that was taken out. */
export interface Taken {
  payload: unknown;
  origin: Origin | undefined;
}

/** Messages of the first chunk; each further one has twice as many. */
const messagesFirst = 8;
/** Messages of the largest chunk: 6 KiB. */
const messagesMax = 256;

class Chunk {
  // biome-ignore lint/suspicious/noExplicitAny: three types in one array, at fixed positions.
  readonly slots: any[];
  readonly messages: number;
  /** Where the oldest message stands, and where the next is to stand. */
  from = 0;
  to = 0;
  previous: Chunk | undefined;
  next: Chunk | undefined;

  constructor(messages: number) {
    this.messages = messages;
    this.slots = new Array(messages * 3).fill(undefined);
  }

  get end(): number {
    return this.messages * 3;
  }
}

export class MessageQueue {
  #head: Chunk | undefined;
  #tail: Chunk | undefined;
  /** An emptied chunk, kept so that a queue which is never empty allocates nothing. */
  #spare: Chunk | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    const tail = this.#tail;
    const chunk = tail === undefined || tail.to === tail.end ? this.#append() : tail;
    const { slots, to } = chunk;
    slots[to] = selector;
    slots[to + 1] = payload;
    slots[to + 2] = origin;
    chunk.to = to + 3;
    this.#length += 1;
  }

  /** Puts a message in front of all others. */
  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    const head = this.#head;
    const chunk = head === undefined || head.from === 0 ? this.#prepend() : head;
    chunk.from -= 3;
    const { slots, from } = chunk;
    slots[from] = selector;
    slots[from + 1] = payload;
    slots[from + 2] = origin;
    this.#length += 1;
  }

  /** The oldest message's selector; the rest of it goes into `taken`. */
  shift(taken: Taken): Selector | undefined {
    const head = this.#head;
    if (head === undefined || this.#length === 0) return undefined;
    const selector = empty(head, head.from, taken);
    head.from += 3;
    this.#length -= 1;
    if (head.from === head.to) this.#emptied(head);
    return selector;
  }

  /** The newest message. */
  pop(taken: Taken): Selector | undefined {
    const tail = this.#tail;
    if (tail === undefined || this.#length === 0) return undefined;
    tail.to -= 3;
    const selector = empty(tail, tail.to, taken);
    this.#length -= 1;
    if (tail.from === tail.to) this.#emptied(tail);
    return selector;
  }

  get first(): Selector | undefined {
    const head = this.#head;
    return head === undefined || this.#length === 0 ? undefined : head.slots[head.from];
  }

  #append(): Chunk {
    const tail = this.#tail;
    const chunk = this.#fresh();
    chunk.previous = tail;
    if (tail) tail.next = chunk;
    else this.#head = chunk;
    this.#tail = chunk;
    return chunk;
  }

  /** A chunk that is filled from its end. */
  #prepend(): Chunk {
    const head = this.#head;
    const chunk = head !== undefined && this.#length === 0 ? head : this.#fresh();
    chunk.from = chunk.end;
    chunk.to = chunk.end;
    if (chunk === head) return chunk;
    chunk.next = head;
    if (head) head.previous = chunk;
    else this.#tail = chunk;
    this.#head = chunk;
    return chunk;
  }

  #fresh(): Chunk {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) return spare;
    const latest = this.#tail?.messages ?? messagesFirst / 2;
    return new Chunk(Math.min(messagesMax, latest * 2));
  }

  /** The only chunk stays, to be filled anew; another one becomes the spare. */
  #emptied(chunk: Chunk): void {
    const { previous, next } = chunk;
    chunk.from = 0;
    chunk.to = 0;
    if (!previous && !next) return;
    if (previous) previous.next = next;
    else this.#head = next;
    if (next) next.previous = previous;
    else this.#tail = previous;
    chunk.previous = undefined;
    chunk.next = undefined;
    this.#spare = chunk;
  }
}

function empty({ slots }: Chunk, at: number, taken: Taken): Selector {
  const selector: Selector = slots[at];
  taken.payload = slots[at + 1];
  taken.origin = slots[at + 2];
  slots[at + 1] = undefined;
  slots[at + 2] = undefined;
  return selector;
}
