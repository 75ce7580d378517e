// Messages of this node's own senders, made ready for a link: as envelopes, and the answer of an ask
// comes back here under a number.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type NodeId, parseNode } from "#protocols/address.ts";
import type { NodeKey } from "#protocols/cluster/migration.ts";
import { nobody } from "#protocols/context-layout.ts";
import { type EnvelopeContext, type Target, targetOf } from "#protocols/envelope.ts";
import { argumentsOf } from "#protocols/selector.ts";
import { formatTraceparent } from "#protocols/trace-context.ts";
import { type Asks, PendingAsk } from "#runtime/core/asks.ts";
import type { WaitingMessage } from "#runtime/core/luggage.ts";
import type { Origin } from "#runtime/core/origin.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { Carried } from "#runtime/core/remote-inbox.ts";
import type { CarriedMessage, OnLink } from "./carried-message.ts";

export interface PackedPorts {
  readonly node: NodeId;
  readonly asks: Asks;
  readonly clock: Clock;
  /** The asker gave up: whoever works on it at that node may stop. */
  withdraw(node: NodeKey, correlation: number): void;
}

/** An ask whose answer comes back by that number. */
export interface Tracked {
  readonly ask: PendingAsk;
  readonly correlation: number;
}

export class PackedMessages {
  readonly #ports: PackedPorts;

  constructor(ports: PackedPorts) {
    this.#ports = ports;
  }

  /** `node`: where it goes, whose end would be the end of its ask. */
  onLink(message: CarriedMessage, to: Target, node: NodeKey): OnLink {
    if (message.kind !== "own") return message;
    const { origin, payload, selector } = message;
    const args = argumentsOf(selector, payload);
    const waiting = { method: selector.name, args, origin, ticket: undefined };
    const { carried, tracked } = this.pack(waiting, to, node);
    if (tracked) this.handOver(tracked, node);
    return carried;
  }

  /** The ask, if it is one, can be answered from elsewhere from now on, and from here still. */
  pack(
    { args, method, origin }: WaitingMessage,
    to: Target,
    node: NodeKey,
  ): { readonly carried: OnLink; readonly tracked: Tracked | undefined } {
    const { clock } = this.#ports;
    const ask = origin?.reply;
    const context = contextOf(origin, ask instanceof PendingAsk ? ask : undefined);
    const said = { to, method, args, ...(context ? { context } : {}) };
    if (!(ask instanceof PendingAsk)) {
      const forever = Number.POSITIVE_INFINITY;
      return { carried: this.#carried({ kind: "tell", ...said }, forever), tracked: undefined };
    }
    const correlation = this.#ports.asks.track(parseNode(node) ?? this.#ports.node, ask);
    const remainingMs = Math.max(0, Math.ceil(ask.deadlineMs - clock.now()));
    const envelope = { kind: "ask", ...said, correlation, remainingMs } as const;
    return { carried: this.#carried(envelope, ask.deadlineMs), tracked: { ask, correlation } };
  }

  /** The ask left with its actor. */
  handOver({ ask, correlation }: Tracked, node: NodeKey): void {
    ask.worker = {
      withdraw: () => {
        this.#ports.asks.forget(correlation);
        this.#ports.withdraw(node, correlation);
      },
    };
  }

  /** The actor stays: the ask is answered here. */
  keep({ correlation }: Tracked): void {
    this.#ports.asks.forget(correlation);
  }

  #carried(envelope: Carried, untilMs: number): OnLink {
    return { kind: "envelope", from: this.#ports.node, envelope, untilMs };
  }
}

function contextOf(
  origin: Origin | undefined,
  ask: PendingAsk | undefined,
): EnvelopeContext | undefined {
  if (!origin) return undefined;
  const { sender, trace } = origin;
  const chain = ask?.asker?.chain() ?? ask?.chain ?? [];
  if (!sender && !trace && chain.length === 0) return undefined;
  return {
    sender: sender ? named(sender.$) : nobody,
    trace: trace ? formatTraceparent(trace) : "",
    chain,
  };
}

const named = ({ address, protocolId }: AnyRef["$"]): EnvelopeContext["sender"] => ({
  ...targetOf(address),
  node: address.node,
  protocolId,
});
