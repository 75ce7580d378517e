// Actors on other nodes, as an engine has them spawned and stopped; `cluster/remote` does it.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorClass, SpawnOptions, StopOptions } from "./actor-class.ts";
import type { BoundState } from "./bounds.ts";

/** Milliseconds to find a node and spawn an actor there, where nothing else is said. */
export const placeWithinMs = 10_000;

/** What it says goes before what the class says. */
export interface PlacedOptions extends SpawnOptions {
  /** Milliseconds to find a node and spawn it there. Default: 10 s. */
  readonly within?: number;
}

export interface PlacedBirth {
  readonly placement: Placement;
  readonly type: ActorClass;
  readonly args: unknown;
  readonly options: PlacedOptions;
}

/** A child that stands for one elsewhere. */
export interface StandIn {
  readonly birth: {
    readonly type: ActorClass;
    readonly args: unknown;
    readonly options: SpawnOptions;
  };
  /** Why there is none elsewhere, once the child has started. */
  readonly refusal: () => Failure | undefined;
}

export interface Elsewhere {
  /** Its bounds, where it tells of them. */
  readonly bounds?: readonly BoundState[];
  /** The actor lives until it is stopped. */
  spawn(birth: PlacedBirth): Promise<AnyRef>;
  standIn(birth: PlacedBirth): StandIn;
  /**
   * Settles when it has ended. Fails with `node_down` when its node has, and with `invalid` when it was
   * not spawned from elsewhere.
   */
  stop(ref: AnyRef, options: StopOptions): Promise<void>;
}

export function elsewhereOrFail(elsewhere: Elsewhere | undefined): Elsewhere {
  if (elsewhere) return elsewhere;
  const text =
    "this system spawns no actors on other nodes: start it with startSystem, and let an actor outside of threads do it";
  throw new Failure("unavailable", text);
}
