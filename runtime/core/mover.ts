// What the engine needs of whoever moves its actors to other nodes and back. Few actors ever move: the
// engine asks only where a message finds nobody, where a node ends, and where an actor does.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Pending } from "./actor-class.ts";
import type { LocalActor } from "./cell-host.ts";
import type { Sink } from "./ref.ts";
import type { RemoteWatcher } from "./watch.ts";

/** Where an actor is to live. */
export interface MoveTerms {
  /** The node's name. */
  readonly to: string;
  /** Milliseconds until the move is given up, if it still can be. Default: 15 s. */
  readonly within?: number;
}

/** An actor that stays, and why. */
export interface Stayed {
  readonly ref: AnyRef;
  readonly why: string;
}

export interface DrainReport {
  readonly moved: number;
  readonly stayed: readonly Stayed[];
}

export interface Mover {
  /** The way to an actor that was born here and is away, on the move, or back. */
  wayTo(address: Pick<Address, "path" | "uid">): Sink | undefined;
  /** The watched actor's node is gone, and it may live on elsewhere: the watcher hears later. */
  livesOn(watcher: LocalActor, ref: AnyRef): boolean;
  /** An actor that lives here has ended. */
  ended(actor: LocalActor): void;
  /** Tells a watcher of another node, or of this one, that an actor of that identity has ended. */
  notify(watcher: RemoteWatcher, identity: Address, exit: Exit): void;
  /** Senders of that node, or of this one, should pause for the actor of that identity. */
  hold(node: NodeId, identity: Address): void;
  goOn(node: NodeId, identity: Address): void;
  /** Settles when messages may go that way. */
  room(way: Sink, signal: AbortSignal | undefined): Promise<void>;
  move(ref: AnyRef, terms: MoveTerms): Promise<void>;
  /** Whether this node knows that it has moved. */
  hasMoved(identity: Address): boolean;
  /** Stops it wherever it lives, if it has moved; settles when it has ended. */
  stop(ref: AnyRef, pending: Pending): Promise<"ended" | "never_moved">;
  drain(within: number): Promise<DrainReport>;
  rebalance(terms: RebalanceTerms): Promise<DrainReport>;
}

export interface RebalanceTerms {
  /** Move at most so many actors. */
  readonly actorsMax: number;
  /** Only when this node has so many times the actors of the emptiest. Default: 1.25. */
  readonly ratio?: number;
}
