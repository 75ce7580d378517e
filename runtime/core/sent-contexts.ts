// What this node's messages bear beside their arguments: sender, trace, and the handlers that wait for
// an answer. Messages of one actor, and asks of one handler, share one object, so that a batch writes
// it once. `remote-senders.ts` is the other side.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { isSameNode, type NodeId } from "#protocols/address.ts";
import { nobody } from "#protocols/context-layout.ts";
import { type EnvelopeContext, targetOf } from "#protocols/envelope.ts";
import { limits } from "#protocols/limits.ts";
import { formatTraceparent, type TraceContext } from "#protocols/trace-context.ts";
import type { PendingAsk } from "./asks.ts";
import type { BoundCounts } from "./bounds.ts";
import type { Call } from "./call.ts";
import type { Origin } from "./origin.ts";
import { type Sink, sinkOf } from "./ref.ts";

/** Who sent a message, and in which trace. */
export interface SentBy {
  readonly sender: AnyRef | undefined;
  readonly trace: TraceContext | undefined;
}

/** The handlers that wait for an answer, where none does. */
const nobodyWaits: readonly string[] = [];

export class SentContexts {
  readonly #node: NodeId;
  readonly #bounds: BoundCounts;
  /** What messages of an actor bear when it is nothing but their sender. */
  readonly #ofActors = new WeakMap<Sink, EnvelopeContext>();
  /** The same by who sends, as whom nobody needs a ref then. */
  readonly #ofSenders = new WeakMap<Origin, EnvelopeContext>();
  /** What the untraced asks of a handler bear. */
  readonly #ofCalls = new WeakMap<Call, EnvelopeContext>();

  constructor(node: NodeId, bounds: BoundCounts) {
    this.#node = node;
    this.#bounds = bounds;
  }

  /** Hot: W5. */
  ofTell(by: Origin | undefined): EnvelopeContext | undefined {
    if (by === undefined) return undefined;
    if (!by.isPlain) return this.#of(by, nobodyWaits);
    const known = this.#ofSenders.get(by);
    if (known) return known;
    const made = this.#of(by, nobodyWaits);
    if (made) this.#ofSenders.set(by, made);
    return made;
  }

  /** Hot: W6. */
  ofAsk(ask: PendingAsk): EnvelopeContext | undefined {
    const { asker } = ask;
    if (asker === undefined) return this.#of(ask, nobodyWaits);
    if (ask.trace !== undefined || ask.isPassedOn) return this.#of(ask, asker.chain());
    const known = this.#ofCalls.get(asker);
    if (known) return known;
    const made = this.#of(ask, asker.chain());
    if (made) this.#ofCalls.set(asker, made);
    return made;
  }

  #of({ sender, trace }: Partial<SentBy>, chain: readonly string[]): EnvelopeContext | undefined {
    if (chain.length >= limits.askChainMax) this.#bounds.reached("askChainMax");
    if (!trace && chain.length === 0) {
      if (sender === undefined) return undefined;
      const actor = sinkOf(sender);
      if (actor !== undefined) return this.#ofActor(actor, sender);
    }
    return {
      sender: sender ? this.#senderOf(sender) : nobody,
      trace: trace ? formatTraceparent(trace) : "",
      chain,
    };
  }

  #senderOf(ref: AnyRef): EnvelopeContext["sender"] {
    const actor = sinkOf(ref);
    return actor === undefined ? this.#named(ref) : this.#ofActor(actor, ref).sender;
  }

  #ofActor(actor: Sink, ref: AnyRef): EnvelopeContext {
    const known = this.#ofActors.get(actor);
    if (known) return known;
    const made = { sender: this.#named(ref), trace: "", chain: [] };
    this.#ofActors.set(actor, made);
    return made;
  }

  #named({ $: { address, protocolId } }: AnyRef): EnvelopeContext["sender"] {
    const named = { ...targetOf(address), protocolId };
    return isSameNode(address.node, this.#node) ? named : { ...named, node: address.node };
  }
}
