// What a workload is: what is done, how much of it, who does it, and what is to be reached.
import type { Absence, Goal, Scale } from "../contest.ts";
import type { WorkName } from "./contender.ts";
import type { Entrant } from "./entrants.ts";
import type { Sizing } from "./trial.ts";

export interface Workload {
  /** Begins with its number. */
  readonly title: string;
  readonly work: WorkName;
  /** How many actors take part, where that is a choice. */
  readonly actors: number;
  readonly ours: Entrant;
  readonly peers: readonly Entrant[];
  readonly goals: readonly Goal[];
  /** Peers one would look for here, and why they are not. */
  readonly absent?: readonly Absence[];
  sizing(scale: Scale): Sizing;
}

/** As many operations as fill the time of a round; at most `countMax` of them. */
export const rate =
  (terms: { readonly grain: number; readonly countMax: number }) =>
  (scale: Scale): Sizing => ({ kind: "rate", ms: scale === "full" ? 1_000 : 150, ...terms });

/** What is done in a round of this length. */
export const duration =
  (lengths: { readonly fullMs: number; readonly quickMs: number }) =>
  (scale: Scale): Sizing => ({
    kind: "duration",
    ms: scale === "full" ? lengths.fullMs : lengths.quickMs,
  });

/** Ours at least so many times the peer's rate. */
export const atLeast = (times: number, against: string): Goal => ({
  against,
  measure: "perSecond",
  as: "ratio",
  bound: { atLeast: times },
});
