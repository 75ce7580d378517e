// What the migration machines of two nodes hand to each other. The machines see messages (`M`) and an
// actor's cargo (`C`: state, mailbox, timers, watchers) from outside only; whoever joins them with the
// engine encodes both, and cuts what is large into parts.
import type {
  ActorId,
  LocationEntry,
  MigrationNotice,
  NodeKey,
  StreamHeader,
} from "#protocols/cluster/migration.ts";

/** What travels in a stream: a message, the end of an old path, or a question whether all has come. */
export type StreamBody<M> =
  | { readonly kind: "message"; readonly message: M }
  /** The last item of its path: what bears version `to` may come in. `probe` is acknowledged. */
  | { readonly kind: "flush"; readonly to: number; readonly probe: number }
  | { readonly kind: "probe"; readonly probe: number };

export interface StreamItem<M> extends StreamHeader {
  readonly body: StreamBody<M>;
}

/** What a host knows of the origins of one actor; travels with it. */
export interface GateSnapshot<M> {
  readonly origins: readonly OriginState[];
  readonly held: readonly StreamItem<M>[];
}

export interface OriginState {
  readonly origin: NodeKey;
  /** Items of versions above this one are held. */
  readonly current: number;
  /** Items of versions below this one came too late. */
  readonly floor: number;
}

/** One attempt to move one actor, named by its source. */
export interface MigrationName {
  readonly migration: number;
  readonly aid: ActorId;
  /** The epoch that the actor would have at the target. */
  readonly epoch: number;
}

export interface TransferCargo<M, C> extends MigrationName {
  readonly kind: "transfer";
  readonly fence: number;
  readonly cargo: C;
  readonly gate: GateSnapshot<M>;
}

export interface CommitCargo<M> extends MigrationName {
  readonly kind: "commit";
  readonly revision: number;
  readonly postFreeze: readonly M[];
  readonly gate: GateSnapshot<M>;
}

export type PeerMessage<M, C> =
  | { readonly kind: "item"; readonly item: StreamItem<M> }
  | TransferCargo<M, C>
  | CommitCargo<M>
  | MigrationNotice;

/** What the directory said to `put(entry, expect)`. */
export type ClaimAnswer =
  | { readonly kind: "put"; readonly revision: number }
  | {
      readonly kind: "conflict";
      readonly present?: { readonly entry: LocationEntry; readonly revision: number };
    }
  /** No answer: it may have happened, or happen later. */
  | { readonly kind: "unknown" };

/** Why a message will not be handled. */
export type LossReason =
  /** It came after its origin had given it up and begun anew. */
  | "overtaken"
  /** Its origin, or the node that it had to pass, is gone. */
  | "node_down"
  /** A bound was reached. */
  | "mailbox_full"
  /** Nobody knows an actor of that identity. */
  | "actor_stopped"
  /** It was handed on to a node that went down before it confirmed. */
  | "unknown";
