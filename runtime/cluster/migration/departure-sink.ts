// What the source's side of a move wants done, and how far it has come. The machine decides; whoever
// implements the sink acts: `migration-desk.ts` for messages and the directory, the engine for the actor.
import type { ActorId, NodeKey } from "#protocols/cluster/migration.ts";
import type { LocationClaim } from "./location-claim.ts";
import type { NotMigratable } from "./not-migratable.ts";
import type { CommitCargo, GateSnapshot, MigrationName, TransferCargo } from "./peer-message.ts";

/** The numbered steps, as told to `reached`; 5 and 6 come in either order. */
export const departureSteps = {
  freezeRequested: 1,
  frozen: 2,
  probesSent: 3,
  transferSent: 4,
  prepared: 5,
  probesIn: 6,
  claimAsked: 7,
  claimAnswered: 8,
  commitSent: 9,
  forwarding: 10,
} as const;
export type DepartureStep = keyof typeof departureSteps;

/** Where and how the actor runs on at its source. */
export interface Stay<M> {
  readonly epoch: number;
  readonly revision: number | undefined;
  readonly postFreeze: readonly M[];
}

export interface DepartureSink<M, C> {
  /** Asks the engine to stop the actor's turns at the next boundary; `frozen` or `notFreezable` follows. */
  freeze(): void;
  /** The actor runs on here, if it was frozen at all: what came meanwhile follows its mailbox. */
  stay(stay: Stay<M>): void;
  /** Sends a probe to an actor that this one has sent to; `probeIn` follows, perhaps at once. */
  probe(target: ActorId): void;
  snapshot(): GateSnapshot<M>;
  transfer(cargo: TransferCargo<M, C>): void;
  abort(why: NotMigratable): void;
  claim(claim: LocationClaim, ask: number): void;
  /** The actor is the target's: what comes for it is forwarded from now on. */
  depart(): void;
  commit(commit: CommitCargo<M>): void;
  /** Somebody else owns the actor by the directory: it ends here, and these messages with it. */
  fenced(postFreeze: readonly M[]): void;
  /** The target went down before it confirmed: what went with the commit is perhaps lost. */
  unconfirmed(postFreeze: readonly M[]): void;
  reached(step: DepartureStep): void;
  /** For whoever asked for the move. */
  settled(outcome: "moved" | NotMigratable): void;
  now(): number;
}

export interface DepartureOrder extends MigrationName {
  readonly self: NodeKey;
  readonly target: NodeKey;
  /** The directory's revision of the actor's entry; undefined when it has none. */
  readonly revision: number | undefined;
}
