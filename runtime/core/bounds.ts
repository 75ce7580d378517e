// The bounds of limits.ts that one node keeps, each visible by its name there: how near the fullest of
// its holders is now, and how often the bound has given its answer.
import { limits } from "#protocols/limits.ts";

/** As limits.ts calls it. */
export type BoundName = keyof typeof limits;

/** The engine's own; a transport has others. */
export const engineBounds = [
  "mailboxMessagesMax",
  "ownMessagesMax",
  "stashMessagesMax",
  "timersSetMax",
  "pipesPendingMax",
  "readonlyCallsMax",
  "roomAwaitedMax",
  "asksPendingMax",
  "askChainMax",
  "listenersMax",
  "generationsMax",
  "owedPerNodeMax",
  "earlyCancelsMax",
  "remoteGatesMax",
  "remotePauseMsMax",
  "keyedKeyLengthMax",
  "keyedShardsMax",
  "keyedLivingMax",
  "keyedHeldMax",
  "keyedHeldMsMax",
  "keyedMovesMax",
  "keyedHandoverMsMax",
  "turnMessagesMax",
  "turnMs",
  "startMsDefault",
  "stopMsDefault",
  "deadLettersKeptMax",
  "deadLettersLoggedMax",
] as const satisfies readonly BoundName[];

export interface BoundState {
  /** As limits.ts calls it, or the part of the cluster that has it. */
  readonly bound: string;
  /** What limits.ts says; a class may have set its own for its actors. */
  readonly max: number;
  /** Now, of whoever has most of it; undefined for a bound of time, or of one message. */
  readonly highest: number | undefined;
  /** How often it was reached since the node began, and its answer given. */
  readonly reached: number;
}

/** How often each bound was reached. */
export class BoundCounts {
  readonly #counts = new Map<BoundName, number>();

  reached(bound: BoundName): void {
    this.#counts.set(bound, this.of(bound) + 1);
  }

  of(bound: BoundName): number {
    return this.#counts.get(bound) ?? 0;
  }

  states(bounds: readonly BoundName[], levels: BoundLevels): readonly BoundState[] {
    return bounds.map((bound) => ({
      bound,
      max: limits[bound],
      highest: levels[bound],
      reached: this.of(bound),
    }));
  }
}

export type BoundLevels = Partial<Readonly<Record<BoundName, number>>>;
