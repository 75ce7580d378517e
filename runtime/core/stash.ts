// Messages that an actor has put aside because they came too early. Bounded; a stash that is full
// refuses the message. What is in it comes back in front of the mailbox, in its order.
import { Failure } from "#protocols/failure.ts";
import type { Call } from "./call.ts";
import type { MessageCounts } from "./counts.ts";
import type { Mailbox } from "./mailbox.ts";

export class Stash {
  readonly #messagesMax: number;
  readonly #counts: MessageCounts;
  #calls: Call[] = [];

  constructor(messagesMax: number, counts: MessageCounts) {
    this.#messagesMax = messagesMax;
    this.#counts = counts;
  }

  get length(): number {
    return this.#calls.length;
  }

  /** Asks that nobody waits for any more make room for one more. Why it does not fit, if so. */
  makeRoom({ caller, selector }: Call): Failure | undefined {
    const { length } = this.#calls;
    if (length < this.#messagesMax) return undefined;
    this.#calls = this.#calls.filter(isWanted);
    for (let gone = this.#calls.length; gone < length; gone += 1) this.#counts.died("withdrawn");
    if (this.#calls.length < this.#messagesMax) return undefined;
    this.#counts.bounds.reached("stashMessagesMax");
    const text = `${caller.path} cannot put ${selector.name} aside: it has put aside ${this.#messagesMax} messages, its maximum; try later`;
    return new Failure("stash_full", text);
  }

  /** Why it does not fit, if so: handlers in progress at once may have taken the room. */
  add(call: Call): Failure | undefined {
    const full = this.makeRoom(call);
    if (!full) this.#calls.push(call);
    return full;
  }

  /** What is put aside, which stays. */
  get all(): readonly Call[] {
    return this.#calls;
  }

  /** Forgets everything: it was counted elsewhere. */
  clear(): void {
    this.#calls = [];
  }

  /** Puts everything back in front of the mailbox. */
  returnTo(mailbox: Mailbox): void {
    for (let call = this.#calls.pop(); call; call = this.#calls.pop()) {
      mailbox.unshift(call.selector, call.payload, call.origin);
    }
  }
}

const isWanted = ({ origin }: Call): boolean => origin?.reply?.isOpen !== false;
