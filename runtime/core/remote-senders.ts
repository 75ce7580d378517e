// Who sent a message that came from another node, and in which trace. The messages of one actor in one
// batch share their context, so what is made of it is made once.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import { nobody } from "#protocols/context-layout.ts";
import type { EnvelopeContext } from "#protocols/envelope.ts";
import { parseTraceparent } from "#protocols/trace-context.ts";
import { Letter } from "./origin.ts";
import type { SentBy } from "./sent-contexts.ts";

const unknown: SentBy = { sender: undefined, trace: undefined };

export class RemoteSenders {
  readonly #refAt: (address: Address, protocolId: string) => AnyRef;
  #lastContext: EnvelopeContext | undefined;
  #lastFrom: NodeId | undefined;
  #lastSentBy: SentBy = unknown;
  #lastLetter: Letter | undefined;

  constructor(refAt: (address: Address, protocolId: string) => AnyRef) {
    this.#refAt = refAt;
  }

  /** Hot: W6. */
  senderIn(from: NodeId, context: EnvelopeContext | undefined): SentBy {
    if (!context) return unknown;
    if (context !== this.#lastContext || from !== this.#lastFrom) {
      const sentBy = this.#read(from, context);
      this.#lastSentBy = sentBy;
      this.#lastLetter = sentBy.sender || sentBy.trace ? new Letter(sentBy) : undefined;
      this.#lastContext = context;
      this.#lastFrom = from;
    }
    return this.#lastSentBy;
  }

  /** Hot: W5. The origin of a tell; undefined when nothing is known of it. */
  letterOf(from: NodeId, context: EnvelopeContext | undefined): Letter | undefined {
    if (!context) return undefined;
    this.senderIn(from, context);
    return this.#lastLetter;
  }

  #read(from: NodeId, context: EnvelopeContext): SentBy {
    const { node = from, path, uid, protocolId } = context.sender;
    const isNobody = protocolId === nobody.protocolId;
    const sender = isNobody ? undefined : this.#refAt({ node, path, uid }, protocolId);
    const trace = context.trace === "" ? undefined : parseTraceparent(context.trace);
    return { sender, trace };
  }
}
