// Messages that an actor has put aside because they came too early. Bounded; a stash that is full
// refuses the message. What is in it comes back in front of the mailbox, in its order.
import type { Call } from "./call.ts";
import type { Mailbox } from "./mailbox.ts";

export class Stash {
  readonly #messagesMax: number;
  readonly #calls: Call[] = [];

  constructor(messagesMax: number) {
    this.#messagesMax = messagesMax;
  }

  get length(): number {
    return this.#calls.length;
  }

  get isFull(): boolean {
    return this.#calls.length >= this.#messagesMax;
  }

  add(call: Call): void {
    this.#calls.push(call);
  }

  /** Puts everything back in front of the mailbox. */
  returnTo(mailbox: Mailbox): void {
    for (let call = this.#calls.pop(); call; call = this.#calls.pop()) {
      mailbox.unshift(call.selector, call.payload, call.origin);
    }
  }
}
