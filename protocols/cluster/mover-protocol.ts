// How a node is asked, by people or programs, to move its actors away: one by its path, or all that can.
import Type, { type Static } from "typebox";
import { ask, protocol } from "../protocol.ts";

/** An actor that stays, and why. */
export interface StayedActor {
  readonly path: string;
  readonly why: string;
}

export interface DrainOutcome {
  readonly moved: number;
  /** At most `stayedShownMax` of them. */
  readonly stayed: readonly StayedActor[];
  readonly stayedCount: number;
}

export const MoveOrder = Type.Object({
  path: Type.String({ pattern: "^/.+", maxLength: 2_048 }),
  /** The name of the node where it is to live. */
  to: Type.String({ minLength: 1, maxLength: 64 }),
});
export type MoveOrder = Static<typeof MoveOrder>;

export interface MoverService {
  /** Answers when it lives there. Fails, and it stays, as `system.move` does; `not_found` without such an actor. */
  move(order: MoveOrder): null;
  /** Within so many milliseconds. */
  drain(within: number): DrainOutcome;
}

/** Where it lives on each node. */
export const moverPath = "/mover";
export const stayedShownMax = 1_000;
/** Milliseconds that one move, or one drain, is given. */
export const moveMsMax = 15_000;
export const drainMsMax = 60_000;

export const MoverService = protocol<MoverService>("troupe.Mover@1", {
  move: ask({ within: moveMsMax + 2_000 }),
  drain: ask({ within: drainMsMax + 2_000 }),
}).checked({ move: [MoveOrder], drain: [Type.Number({ minimum: 1, maximum: drainMsMax })] });
