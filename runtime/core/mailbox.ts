// The bounded queue in front of an actor: two lanes, signals before messages.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { MailboxSpec } from "./actor-class.ts";
import type { Reply } from "./reply.ts";
import { RingBuffer } from "./ring-buffer.ts";

/** Which firing of which timer a message is; a cancelled or replaced timer's message is dropped. */
export interface TimerTicket {
  readonly key: string;
  readonly generation: number;
}

export interface Message {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly reply: Reply | undefined;
  readonly ticket: TimerTicket | undefined;
}

/** What the engine tells the actor itself; never dropped, always before messages. */
export interface Signal {
  readonly kind: "terminated";
  readonly ref: AnyRef;
  readonly exit: Exit;
}

export class Mailbox {
  readonly #spec: MailboxSpec;
  readonly #signals = new RingBuffer<Signal>();
  readonly #messages = new RingBuffer<Message>();

  constructor(spec: MailboxSpec) {
    this.#spec = spec;
  }

  get depth(): number {
    return this.#messages.length + this.#signals.length;
  }

  /** Takes a message; answers the one that had to give way, which is for the caller to report. */
  offer(message: Message): Message | undefined {
    if (this.#messages.length < this.#spec.capacity) {
      this.#messages.push(message);
      return undefined;
    }
    if (this.#spec.whenFull === "reject") return message;
    const oldest = this.#messages.shift();
    this.#messages.push(message);
    return oldest;
  }

  /** For the actor's own timers and pipes, which are bounded by their number. */
  offerOwn(message: Message): void {
    this.#messages.push(message);
  }

  signal(signal: Signal): void {
    this.#signals.push(signal);
  }

  takeSignal(): Signal | undefined {
    return this.#signals.shift();
  }

  takeMessage(): Message | undefined {
    return this.#messages.shift();
  }
}
