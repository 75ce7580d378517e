// Actors that belong to no node: their addresses name a realm instead, as `troupe://$keyed/account/ada`.
// Whoever serves the realm on a node says where they are at the moment; the engine gives them refs like
// any other, and carries their messages:
//
//   ref method ─► the realm's sink, on this node ─┬─► an actor of this node
//                                                 └─► relay ─► link ─► the realm, on the other node
//
// Hot: keyed.
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import type { Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { argumentsOf, type Selector } from "#protocols/selector.ts";
import { PendingAsk } from "./asks.ts";
import type { BoundCounts, BoundLevels, BoundName } from "./bounds.ts";
import { Cell } from "./cell.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { acceptNamed } from "./named-message.ts";
import type { Origin } from "./origin.ts";
import { isRealm, realmMark } from "./realm-address.ts";
import type { Sink } from "./ref.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";

/** A message on its way: to whom, what, and from where. */
export interface RealmMessage {
  readonly selector: Selector;
  readonly payload: unknown;
  readonly origin: Origin | undefined;
}

export interface Realm {
  /** Takes messages of this node for that address; undefined: nobody does so far. */
  sinkOf(address: Address): Sink | undefined;
  /**
   * Takes the message that has come from that node; undefined: it is refused with `actor_stopped`. Called
   * once for each that comes, so that they can be counted: also for one that its asker has withdrawn.
   */
  arriving(from: NodeId, path: string): Sink | undefined;
  readonly levels: BoundLevels;
}

export interface RealmsPorts {
  readonly outbox: RemoteOutbox;
  readonly deadLetters: DeadLetters;
  readonly bounds: BoundCounts;
}

export class Realms {
  readonly #ports: RealmsPorts;
  readonly #realms = new Map<string, Realm>();

  constructor(ports: RealmsPorts) {
    this.#ports = ports;
  }

  /** Fails with `invalid` for a name that is none, and `name_taken` when the node serves it already. */
  serve(name: string, realm: Realm): void {
    if (!name.startsWith(realmMark)) {
      throw new Failure("invalid", `"${name}" names no realm; begin it with ${realmMark}`);
    }
    if (this.#realms.has(name)) {
      throw new Failure("name_taken", `this node serves the realm ${name} already`);
    }
    this.#realms.set(name, realm);
  }

  find(name: string): Realm | undefined {
    return this.#realms.get(name);
  }

  /** Who takes messages of this node for that address. */
  served(address: Address): Sink | undefined {
    return this.#realms.get(address.node.name)?.sinkOf(address);
  }

  /** Stands for the actor at that address, if it is one of a realm. */
  sinkAt(protocol: Protocol<unknown>, address: Address): Sink | undefined {
    if (!isRealm(address)) return undefined;
    return this.served(address) ?? new UnservedSink(this, protocol, address);
  }

  /** Who takes a message that a node has sent to this one, if it is for a realm: `/$keyed/account/ada`. */
  receiver({ path, uid }: Target, from: NodeId): Sink | undefined {
    if (uid !== 0 || !path.startsWith(`/${realmMark}`)) return undefined;
    const end = path.indexOf("/", 1);
    return end < 0
      ? undefined
      : this.#realms.get(path.slice(1, end))?.arriving(from, path.slice(end));
  }

  /** Sends it on, with its sender and its open reply. False: the link did not take it, which is told. */
  relay(to: Address, protocol: Protocol<unknown>, message: RealmMessage): boolean {
    const { selector, payload, origin } = message;
    const spec = protocol.methods.get(selector.name);
    if (!spec) return false;
    const args = argumentsOf(selector, payload);
    const reply = origin?.reply;
    if (reply === undefined) return this.#ports.outbox.tell({ address: to }, spec, args, origin);
    if (!(reply instanceof PendingAsk)) throw new Failure("internal", "an open reply is an ask");
    return reply.isOpen && this.#ports.outbox.ask({ address: to }, spec, args, reply);
  }

  /** Its ask fails so, or it becomes a dead letter. */
  refuse(to: Address, { selector, origin }: RealmMessage, failure: Failure): void {
    if (origin?.reply) {
      origin.reply.refuse(failure);
      return;
    }
    const letter = { reason: failure.code, to: formatAddress(to), method: selector.name };
    this.#ports.deadLetters.add({ ...letter, from: origin?.sender });
  }

  reached(bound: BoundName): void {
    this.#ports.bounds.reached(bound);
  }

  get levels(): BoundLevels {
    return Object.assign({}, ...[...this.#realms.values()].map(({ levels }) => levels));
  }
}

/** A ref that came before anybody serves its kind here: it is passed on by name as soon as one does. */
class UnservedSink implements Sink {
  readonly protocol: Protocol<unknown>;
  readonly address: Address;
  readonly #realms: Realms;

  constructor(realms: Realms, protocol: Protocol<unknown>, address: Address) {
    this.#realms = realms;
    this.protocol = protocol;
    this.address = address;
  }

  accept(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    const { address } = this;
    const served = this.#realms.served(address);
    if (served?.protocol.methods.has(selector.name)) {
      acceptNamed(served, { method: selector.name, args: argumentsOf(selector, payload) }, origin);
      return;
    }
    const text = `this node does not use the kind of ${formatAddress(address)}, which speaks no ${selector.name} here: call keyed() for it first`;
    this.#realms.refuse(address, { selector, payload, origin }, new Failure("not_found", text));
  }
}

/** The actor takes messages; one that ends, or has ended, does not. */
export const isTaking = (actor: Sink): boolean =>
  !(actor instanceof Cell) ||
  (!actor.isClosed && actor.state !== "ending" && actor.state !== "ended");

/** The actor has nothing to do and owes nobody an answer: it may end without any loss. */
export function isAtRest(actor: Sink): boolean {
  if (!(actor instanceof Cell)) return true;
  return actor.depth === 0 && actor.state === "running" && actor.household?.owesNothing !== false;
}
