// A message as an observer sees it: all but two fields are worked out when looked at.
import type { Address } from "#protocols/address.ts";
import type { Selector } from "#protocols/selector.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Focus } from "./focus.ts";
import type { Taken } from "./message-queue.ts";
import type { ObservedActor, ObservedMessage, ObservedSender, Observer } from "./observer.ts";
import type { Origin } from "./origin.ts";

export class SeenMessage implements ObservedMessage {
  readonly payload: unknown;
  readonly #origin: Origin | undefined;

  constructor({ payload, origin }: Taken) {
    this.payload = payload;
    this.#origin = origin;
  }

  get trace(): TraceContext | undefined {
    return this.#origin?.trace;
  }

  get sender(): Address | undefined {
    return this.#origin?.sender?.$.address;
  }

  get from(): ObservedSender | undefined {
    return this.#origin && senderOf(this.#origin);
  }

  get isAsk(): boolean {
    return this.#origin?.reply !== undefined;
  }
}

// A plain tell's origin is the sending actor itself, which knows its address.
function senderOf(origin: Origin): ObservedSender | undefined {
  if (isSender(origin)) return origin;
  return origin.sender?.$;
}

const isSender = (origin: Origin): origin is Origin & ObservedSender =>
  origin.isPlain && "address" in origin;

/** A handler begins. Apart from the cell, so that what nobody observes stays small. Hot: W1. */
export function seen(
  observer: Observer,
  actor: ObservedActor,
  selector: Selector,
  focus: Focus,
): void {
  focus.token = observer.handling(actor, selector.name, new SeenMessage(focus));
}
