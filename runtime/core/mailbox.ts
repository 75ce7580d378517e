// The queue in front of an actor. How many may wait and what gives way is decided by its owner
// (`overflow.ts`); this one only keeps the order. What the engine itself tells the actor goes before
// all of it (`readiness.ts`).
//
//   messages ──► queue ──► inline slot ──► the actor
//
// Most mailboxes hold no or one message: it stands inline and costs no memory.
// Hot: W1, W4.
import type { Selector } from "#protocols/selector.ts";
import { MessageQueue, type Taken } from "./message-queue.ts";
import type { Origin } from "./origin.ts";

/** What every mailbox does, whatever its order. */
export interface Mailbox {
  /** Messages that wait. */
  readonly length: number;
  /** Estimated bytes of their arguments; 0 where no bound asks for it. */
  readonly bytes: number;
  push(selector: Selector, payload: unknown, origin: Origin | undefined): void;
  /** In front of all others of its rank: what had been taken out comes back. */
  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void;
  take(taken: Taken): Selector | undefined;
  /** The next message, which stays. */
  readonly first: Selector | undefined;
  /** Takes out a message that has to give way: the oldest or the newest of the lowest rank. */
  drop(which: "oldest" | "newest", taken: Taken): Selector | undefined;
}

export class PlainMailbox implements Mailbox {
  #selector: Selector | undefined;
  #payload: unknown;
  #origin: Origin | undefined;
  #more: MessageQueue | undefined;

  get length(): number {
    const inline = this.#selector === undefined ? 0 : 1;
    return this.#more === undefined ? inline : inline + this.#more.length;
  }

  get bytes(): number {
    return 0;
  }

  push(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    this.pushUpTo(Number.POSITIVE_INFINITY, selector, payload, origin);
  }

  /** False, and nothing was done, when so many wait or nearly so many: its owner has to look. */
  pushUpTo(
    capacity: number,
    selector: Selector,
    payload: unknown,
    origin: Origin | undefined,
  ): boolean {
    const more = this.#more;
    if (more !== undefined && more.length > 0) {
      if (more.length + 1 >= capacity) return false;
      more.push(selector, payload, origin);
    } else if (this.#selector === undefined) {
      this.#selector = selector;
      this.#payload = payload;
      this.#origin = origin;
    } else {
      if (capacity === 1) return false;
      this.#overflow().push(selector, payload, origin);
    }
    return true;
  }

  unshift(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    if (this.#selector !== undefined) {
      this.#overflow().unshift(this.#selector, this.#payload, this.#origin);
    }
    this.#selector = selector;
    this.#payload = payload;
    this.#origin = origin;
  }

  take(taken: Taken): Selector | undefined {
    const selector = this.#selector;
    if (selector === undefined) {
      const more = this.#more;
      return more === undefined ? undefined : more.shift(taken);
    }
    taken.payload = this.#payload;
    taken.origin = this.#origin;
    this.#selector = undefined;
    this.#payload = undefined;
    this.#origin = undefined;
    return selector;
  }

  get first(): Selector | undefined {
    return this.#selector ?? this.#more?.first;
  }

  drop(which: "oldest" | "newest", taken: Taken): Selector | undefined {
    if (which === "oldest" || this.#more === undefined || this.#more.length === 0) {
      return this.take(taken);
    }
    return this.#more.pop(taken);
  }

  #overflow(): MessageQueue {
    this.#more ??= new MessageQueue();
    return this.#more;
  }
}
