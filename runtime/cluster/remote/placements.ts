// What actors that stand for others elsewhere need of their node: that an actor is placed, and ends.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import type {
  PlacedTerms,
  PlainSupervision,
  SpawnRequest,
} from "#protocols/cluster/spawn-protocol.ts";
import { clusterRemedy } from "#runtime/cluster/cluster-remedy.ts";
import type { ActorClass, Pending } from "#runtime/core/actor-class.ts";
import { type ServiceKey, serviceKey } from "#runtime/core/services.ts";

export interface PlacementOrder {
  readonly placement: Placement;
  readonly type: ActorClass;
  readonly args: unknown;
  readonly terms: PlacedTerms;
  /** Left out: any crash ends the actor. */
  readonly supervisedAs?: PlainSupervision;
  readonly keeper: AnyRef;
  readonly tie: SpawnRequest["tie"];
  readonly within: number;
}

export interface Placements {
  /** Fails with the last node's refusal when no other node is left to try. */
  place(order: PlacementOrder): Promise<AnyRef>;
  /** Settles when the actor has ended; one whose node is gone has. */
  stopWithin(actor: AnyRef, pending: Pending, within: number): Promise<void>;
}

/** Provided by whoever assembles the node; fails with `unavailable` in a thread. */
export const placementsKey: ServiceKey<Placements> = serviceKey(
  "placements",
  (value) => (isPlacements(value) ? value : undefined),
  clusterRemedy,
);

const isPlacements = (value: unknown): value is Placements =>
  typeof value === "object" && value !== null && "place" in value && "stopWithin" in value;
