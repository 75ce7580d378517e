// What one instance of a stand-in does: has its actor placed, passes messages on, ends with it, and
// ends it.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { ActorClass, SpawnOptions } from "#runtime/core/actor-class.ts";
import { cellOf } from "#runtime/core/cell-of.ts";
import type { Context } from "#runtime/core/context.ts";
import { plainSupervision, termsOf } from "./placed-terms.ts";
import { placementsKey } from "./placements.ts";

/** What a stand-in sends itself. */
export interface StandInMessages {
  placedAnew(actor: AnyRef): void;
  notPlaced(failure: FailureData): void;
}

export interface StandInWorkTerms {
  readonly placement: Placement;
  readonly type: ActorClass;
  readonly args: unknown;
  readonly within: number;
  readonly options: SpawnOptions | undefined;
}

/** Milliseconds that the actor has to end: a drain, the handler in progress, `stopped`, the way. */
export const endWithinMs = (stopTimeoutMs: number): number => 3 * stopTimeoutMs + 1_000;

export class StandInWork {
  readonly #ctx: Context<unknown, StandInMessages>;
  readonly #terms: StandInWorkTerms;
  #actor: AnyRef | undefined;
  #isPlacing = false;

  constructor(ctx: Context<unknown, StandInMessages>, terms: StandInWorkTerms) {
    this.#ctx = ctx;
    this.#terms = terms;
  }

  /** The actor, of this stand-in's options, supervised as its parent supervises. */
  place(): Promise<AnyRef> {
    const { args, options = {}, placement, type, within } = this.#terms;
    const { self } = this.#ctx;
    const { kind, parent } = cellOf(self);
    const { restart, times } = kind;
    const terms = termsOf({ ...options, restart, ...times }, undefined);
    const supervisedAs = parent && plainSupervision(parent.kind.supervise);
    return this.#ctx.use(placementsKey).place({
      ...{ placement, type, args, terms, within, keeper: self, tie: "for-life" },
      ...(supervisedAs === undefined ? {} : { supervisedAs }),
    });
  }

  placed(actor: AnyRef): void {
    this.#isPlacing = false;
    this.#actor = actor;
    this.#ctx.watch(actor);
    this.#ctx.unstash();
  }

  pass(): unknown {
    return this.#actor ? this.#ctx.forward(this.#actor) : this.#passLater();
  }

  ended(ref: AnyRef, exit: Exit): void {
    if (!this.#actor || addressKey(this.#actor.$.address) !== addressKey(ref.$.address)) return;
    this.#actor = undefined;
    switch (exit.kind) {
      case "stopped":
        this.#ctx.stop();
        return;
      case "crashed":
        throw new Failure(exit.failure.code, exit.failure.detail);
      case "node-down":
        throw new Failure("node_down", `${ref.$.toString()} went down with ${exit.node}`);
      default:
        exit satisfies never;
    }
  }

  async end(): Promise<void> {
    const actor = this.#actor;
    this.#actor = undefined;
    if (!actor) return;
    const { kind, ownHousehold } = cellOf(this.#ctx.self);
    const within = endWithinMs(kind.times.stopTimeoutMs);
    try {
      await this.#ctx.use(placementsKey).stopWithin(actor, ownHousehold.endsAfter, within);
    } catch (error) {
      const { code, detail } = Failure.of(error);
      this.#ctx.log("warn", `its actor elsewhere has not said that it ended: ${detail}`, { code });
    }
  }

  // The supervisor has resumed a stand-in whose actor is gone.
  #passLater(): unknown {
    if (!this.#isPlacing) {
      this.#isPlacing = true;
      this.#ctx.pipe(this.place(), "placedAnew", "notPlaced");
    }
    return this.#ctx.stash();
  }
}
