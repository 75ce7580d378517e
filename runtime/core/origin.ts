// Where a message comes from, and what it carries beside its arguments. An actor is the origin of
// its own plain tells, so that those cost no object; an ask is its own origin; all else is a Letter.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Reply } from "./reply.ts";

/** The timer that a message is of; that of a cancelled or replaced timer is dropped. */
export interface TimerTicket {
  readonly key: string;
}

export interface Origin {
  /** Nothing but a sender: no reply, no ticket, no trace. */
  readonly isPlain: boolean;
  readonly sender: AnyRef | undefined;
  readonly trace?: TraceContext | undefined;
  readonly reply?: Reply | undefined;
  readonly ticket?: TimerTicket | undefined;
}

export class Letter implements Origin {
  readonly isPlain = false;
  readonly sender: AnyRef | undefined;
  readonly trace: TraceContext | undefined;
  readonly reply: Reply | undefined;
  readonly ticket: TimerTicket | undefined;

  constructor(content: {
    readonly sender?: AnyRef | undefined;
    readonly trace?: TraceContext | undefined;
    readonly reply?: Reply | undefined;
    readonly ticket?: TimerTicket | undefined;
  }) {
    this.sender = content.sender;
    this.trace = content.trace;
    this.reply = content.reply;
    this.ticket = content.ticket;
  }
}
