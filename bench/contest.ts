// What a contest is, and what comes of it: subjects, their rounds, goals, figures.

/** `quick` shows that a suite works; only `full` proves something. */
export type Scale = "full" | "quick";

/** What one round of one subject did. */
export interface Round {
  /** Operations done. */
  readonly n: number;
  readonly elapsedMs: number;
  /** How long single operations took, when that was measured. */
  readonly latenciesMs?: readonly number[];
  /** Bytes of heap an operation (or an idle thing) takes, when that was measured. */
  readonly bytes?: number;
  /** The same in memory that the process holds of the machine. */
  readonly residentBytes?: number;
  /** How near a picture comes to what it should be, when that was measured: more is nearer. */
  readonly decibels?: number;
  /** The same by structure, 1 for equal. */
  readonly similarity?: number;
}

export interface Subject {
  /** `troupe` for ours, or what it is compared with. */
  readonly peer: string;
  /** How it was set up, for example `observer off`. */
  readonly variant: string;
  round(): Promise<Round>;
}

export type Measure =
  | "perSecond"
  | "p50Ms"
  | "p99Ms"
  | "bytes"
  | "residentBytes"
  | "decibels"
  | "similarity";
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/**
 * What to reach. Against a peer, `ratio` divides ours by theirs and `difference` subtracts theirs;
 * `value` is our own figure and names nobody.
 */
export type Goal =
  | {
      readonly against: string;
      readonly measure: Measure;
      readonly as: "ratio" | "difference";
      readonly bound: Bound;
    }
  | { readonly measure: Measure; readonly as: "value"; readonly bound: Bound };

export interface Contest {
  /** For example `W9 inference at saturation`. */
  readonly workload: string;
  readonly ours: Subject;
  readonly peers: readonly Subject[];
  readonly goals: readonly Goal[];
  /** Counted rounds, at least three. */
  readonly rounds: number;
  /** Rounds before that are not counted; none where each round warms itself up. */
  readonly warmUps: number | "within rounds";
}

/** One subject's figures: medians over the rounds. */
export interface Row {
  readonly workload: string;
  readonly peer: string;
  readonly variant: string;
  readonly rounds: number;
  readonly n: number;
  readonly perSecond: number;
  readonly perSecondMin: number;
  readonly perSecondMax: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  readonly bytes?: number;
  readonly residentBytes?: number;
  readonly decibels?: number;
  readonly similarity?: number;
}

/** One claim: the median over pairs of neighbouring rounds, the least and the greatest. */
export interface Ratio {
  readonly workload: string;
  /** The peer; empty for a `value`. */
  readonly against: string;
  readonly measure: Measure;
  readonly as: Goal["as"];
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
  readonly goal: string;
  readonly met: boolean;
}

export interface Absence {
  readonly peer: string;
  readonly reason: string;
}

export interface SuiteOutcome {
  /** Packages whose versions belong into the report. */
  readonly packages: readonly string[];
  /** Versions of what is no package of the project, by name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly contests: readonly ContestOutcome[];
  /** Peers that should be there and are not. */
  readonly absent: readonly Absence[];
}

export interface ContestOutcome {
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  /** Peers that failed in it; none: left out. */
  readonly absent?: readonly Absence[];
}
