// The bounds of moving actors, as metrics show them: how near each is, how often its answer was given.
import { migrationLimits, type NotMigratableReason } from "#protocols/cluster/migration.ts";
import type { BoundState } from "#runtime/core/bounds.ts";

/** As metrics name them, so that they stand together. */
type MovingBound =
  | "movingPositionsMax"
  | "movingForwardsMax"
  | "movingDeparturesMax"
  | "movingArrivalsMax"
  | "movingMessagesMax"
  | "movingFreezeMsMax"
  | "movingPrepareMsMax"
  | "movingPartsMax";

const maxima: Readonly<Record<MovingBound, number>> = {
  movingPositionsMax: migrationLimits.positionsMax,
  movingForwardsMax: migrationLimits.forwardsMax,
  movingDeparturesMax: migrationLimits.departuresMax,
  movingArrivalsMax: migrationLimits.arrivalsMax,
  /** Held at a gate, waiting for a moving actor, or for room on a link. */
  movingMessagesMax: migrationLimits.waitingMax,
  movingFreezeMsMax: migrationLimits.freezeMsMax,
  movingPrepareMsMax: migrationLimits.prepareMsMax,
  movingPartsMax: migrationLimits.partsMax,
};

const boundOf: Readonly<Partial<Record<NotMigratableReason, MovingBound>>> = {
  forwarding_full: "movingForwardsMax",
  too_many_moving: "movingDeparturesMax",
  arrivals_full: "movingArrivalsMax",
  handler_overdue: "movingFreezeMsMax",
  prepare_overdue: "movingPrepareMsMax",
  state_too_large: "movingPartsMax",
};

export class MovingBounds {
  readonly #reached = new Map<MovingBound, number>();

  /** An actor stays for that reason. */
  stayed(reason: NotMigratableReason): void {
    const bound = boundOf[reason];
    if (bound) this.#count(bound);
  }

  /** A message was lost at a bound. */
  messageLost(): void {
    this.#count("movingMessagesMax");
  }

  states(levels: {
    readonly positions: number;
    readonly forwards: number;
    readonly departures: number;
    readonly arrivals: number;
    readonly messages: number;
  }): readonly BoundState[] {
    const highest: Readonly<Partial<Record<MovingBound, number>>> = {
      movingPositionsMax: levels.positions,
      movingForwardsMax: levels.forwards,
      movingDeparturesMax: levels.departures,
      movingArrivalsMax: levels.arrivals,
      movingMessagesMax: levels.messages,
    };
    const bounds: readonly MovingBound[] = [
      ...(["movingPositionsMax", "movingForwardsMax", "movingDeparturesMax"] as const),
      ...(["movingArrivalsMax", "movingMessagesMax", "movingFreezeMsMax"] as const),
      ...(["movingPrepareMsMax", "movingPartsMax"] as const),
    ];
    return bounds.map((bound) => ({
      bound,
      max: maxima[bound],
      highest: highest[bound],
      reached: this.#reached.get(bound) ?? 0,
    }));
  }

  #count(bound: MovingBound): void {
    this.#reached.set(bound, (this.#reached.get(bound) ?? 0) + 1);
  }
}
