// What the machines of moving need of one node: its engine, its links, its membership and the directory.
// Nothing here waits; what takes time answers by a call of the desk.
import type { ActorId, NodeKey } from "#protocols/cluster/migration.ts";
import type { ArrivalStep, Arrived } from "./arrival.ts";
import type { DepartureStep } from "./departure-sink.ts";
import type { LocationClaim } from "./location-claim.ts";
import type { NotMigratable } from "./not-migratable.ts";
import type { LossReason, PeerMessage, TransferCargo } from "./peer-message.ts";

/** Names one question to the directory, for its answer. */
export interface ClaimTicket {
  readonly side: "departure" | "arrival";
  readonly number: number;
  readonly ask: number;
}

/** What the engine needs to run an actor that has come. */
export type Newcomer<M, C> = Pick<
  Arrived<M, C>,
  "aid" | "epoch" | "revision" | "cargo" | "postFreeze" | "by"
>;

export interface MigrationPort<M, C> {
  readonly self: NodeKey;
  now(): number;

  // ---- membership

  /** Whether membership has removed that node for good; true for ever after. */
  isRemoved(node: NodeKey): boolean;
  /** All living nodes but this one. */
  peers(): Iterable<NodeKey>;
  /** Another node asks that this one declare `node` down; `nodeRemoved` follows. */
  sever(node: NodeKey): void;

  // ---- links

  /** In order, once, unless the node goes down; then `undelivered` gives items back. */
  send(to: NodeKey, message: PeerMessage<M, C>): void;

  // ---- directory

  /** Puts the entry if the revision is still the expected one; `claimed` follows. */
  claim(aid: ActorId, claim: LocationClaim, ticket: ClaimTicket): void;
  /**
   * Looks the actor's entry up; `located` follows with its place, or with nothing where there is no entry.
   * Waits while the entry names a removed node: either somebody claims it, or it is removed in time,
   * so that nobody can claim it any more.
   */
  resolve(aid: ActorId): void;

  // ---- engine

  /** Whether an actor that never moved lives here under this identity. */
  livesHere(aid: ActorId): boolean;
  deliver(aid: ActorId, message: M): void;
  /** Stops its turns at the next boundary; `frozen` or `notFreezable` follows. */
  freeze(aid: ActorId): void;
  /** It runs on, if it was frozen: these messages come behind those of its mailbox. */
  unfreeze(aid: ActorId, postFreeze: readonly M[]): void;
  /** It lives elsewhere: it is forgotten here, without having ended. */
  leave(aid: ActorId): void;
  /** It is not this node's any more: it ends, and with it what is in its mailbox. */
  fence(aid: ActorId): void;
  /** Why it cannot live here, if so. */
  refusalOf(transfer: TransferCargo<M, C>): NotMigratable | undefined;
  install(newcomer: Newcomer<M, C>): void;

  // ---- reports

  lost(aid: ActorId, message: M, reason: LossReason): void;
  /** More than `migrationLimits.crowdMin` wait on the way: whoever sent this one should pause a little. */
  crowded(aid: ActorId, message: M): void;
  /** Recovered from a copy: what had reached the source after the freeze is lost, number unknown. */
  recovered(aid: ActorId, source: NodeKey): void;
  settled(aid: ActorId, outcome: "moved" | NotMigratable): void;
  reached(aid: ActorId, step: { side: "source"; step: DepartureStep } | TargetStep): void;
}

interface TargetStep {
  readonly side: "target";
  readonly step: ArrivalStep;
}
