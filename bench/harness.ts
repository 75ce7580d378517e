// Measures side by side. Machines are shared and noisy, so no figure stands alone: ours and its peers
// take turns (ours, peer, ours, peer, …), and a claim is the ratio of two neighbouring rounds.
//
//   warm-up      ours  A  B          not counted
//   round 1      ours  A  B          ratio ours/A, ours/B
//   round 2      ours  A  B          ratio ours/A, ours/B
//   …                                median, least and greatest of these
//
// A subject whose every round is a fresh process warms itself up within the round instead.
import { Failure } from "#protocols/failure.ts";
import { median, percentile } from "./statistics.ts";

/** `quick` shows that a suite works; only `full` proves something. */
export type Scale = "full" | "quick";

export const roundsMin = 3;

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
}

/** Runs the contest. Fails with `invalid` when it could prove nothing, before anything is run. */
export async function compete(contest: Contest): Promise<ContestOutcome> {
  check(contest);
  const subjects = [contest.ours, ...contest.peers];
  const warmUps = contest.warmUps === "within rounds" ? 0 : contest.warmUps;
  for (let index = 0; index < warmUps; index += 1) {
    for (const subject of subjects) await measured(subject);
  }
  const taken = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]));
  for (let index = 0; index < contest.rounds; index += 1) {
    for (const subject of subjects) taken.get(subject)?.push(await measured(subject));
  }
  const roundsOf = (subject: Subject): readonly Round[] => taken.get(subject) ?? [];
  return {
    rows: subjects.map((subject) => rowOf(contest.workload, subject, roundsOf(subject))),
    ratios: contest.goals.map((goal) => {
      const peer = peerOf(contest, goal);
      return ratioOf(contest.workload, goal, {
        ours: roundsOf(contest.ours),
        theirs: peer && roundsOf(peer),
      });
    }),
  };
}

async function measured(subject: Subject): Promise<Round> {
  const round = await subject.round();
  if (round.n > 0 && round.elapsedMs > 0 && Number.isFinite(round.elapsedMs)) return round;
  throw new Failure(
    "invalid",
    `a round of ${subject.peer} did ${round.n} operations in ${round.elapsedMs} ms; it needs some of both`,
  );
}

function check(contest: Contest): void {
  const { goals, peers, rounds, warmUps, workload } = contest;
  if (!Number.isInteger(rounds) || rounds < roundsMin) {
    throw new Failure(
      "invalid",
      `${workload}: ${rounds} rounds prove nothing, use ${roundsMin} or more`,
    );
  }
  if (warmUps !== "within rounds" && (!Number.isInteger(warmUps) || warmUps < 1)) {
    throw new Failure(
      "invalid",
      `${workload}: ${warmUps} warm-ups; the first round is never typical`,
    );
  }
  const names = new Set([contest.ours, ...peers].map((subject) => subject.peer));
  if (names.size !== peers.length + 1) {
    throw new Failure(
      "invalid",
      `${workload}: two subjects have one name among ${[...names].join(", ")}`,
    );
  }
  for (const goal of goals) peerOf(contest, goal);
}

function peerOf(contest: Contest, goal: Goal): Subject | undefined {
  if (goal.as === "value") return undefined;
  const peer = contest.peers.find((subject) => subject.peer === goal.against);
  if (peer) return peer;
  throw new Failure("invalid", `${contest.workload}: the goal names ${goal.against}, no peer does`);
}

function rowOf(workload: string, subject: Subject, rounds: readonly Round[]): Row {
  const figures = rounds.map((round) => figureOf(round, "perSecond") ?? 0);
  const middle = (measure: Measure): number | undefined => {
    const known = rounds.map((round) => figureOf(round, measure)).filter(isKnown);
    return known.length === 0 ? undefined : median(known);
  };
  const [p50Ms, p99Ms] = [middle("p50Ms"), middle("p99Ms")];
  const [bytes, residentBytes] = [middle("bytes"), middle("residentBytes")];
  const [decibels, similarity] = [middle("decibels"), middle("similarity")];
  return {
    workload,
    peer: subject.peer,
    variant: subject.variant,
    rounds: rounds.length,
    n: median(rounds.map((round) => round.n)),
    perSecond: median(figures),
    perSecondMin: Math.min(...figures),
    perSecondMax: Math.max(...figures),
    ...(p50Ms === undefined ? {} : { p50Us: p50Ms * 1000 }),
    ...(p99Ms === undefined ? {} : { p99Us: p99Ms * 1000 }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(residentBytes === undefined ? {} : { residentBytes }),
    ...(decibels === undefined ? {} : { decibels }),
    ...(similarity === undefined ? {} : { similarity }),
  };
}

function ratioOf(
  workload: string,
  goal: Goal,
  rounds: { readonly ours: readonly Round[]; readonly theirs: readonly Round[] | undefined },
): Ratio {
  const { as, bound, measure } = goal;
  const figureIn = (round: Round | undefined): number => {
    const figure = round && figureOf(round, measure);
    if (figure !== undefined) return figure;
    const text = `${workload}: a goal needs ${measure}, which a round did not measure`;
    throw new Failure("invalid", text);
  };
  const figures = rounds.ours.map((round, index) => {
    if (rounds.theirs === undefined) return figureIn(round);
    const [ours, theirs] = [figureIn(round), figureIn(rounds.theirs[index])];
    return as === "ratio" ? ours / theirs : ours - theirs;
  });
  const ratio = median(figures);
  const isLeast = "atLeast" in bound;
  return {
    workload,
    against: goal.as === "value" ? "" : goal.against,
    measure,
    as,
    ratio,
    min: Math.min(...figures),
    max: Math.max(...figures),
    goal: isLeast ? `>= ${bound.atLeast}` : `<= ${bound.atMost}`,
    met: isLeast ? ratio >= bound.atLeast : ratio <= bound.atMost,
  };
}

function figureOf(round: Round, measure: Measure): number | undefined {
  switch (measure) {
    case "perSecond":
      return round.n / (round.elapsedMs / 1000);
    case "p50Ms":
      return round.latenciesMs && percentile(round.latenciesMs, 0.5);
    case "p99Ms":
      return round.latenciesMs && percentile(round.latenciesMs, 0.99);
    case "bytes":
      return round.bytes;
    case "residentBytes":
      return round.residentBytes;
    case "decibels":
      return round.decibels;
    case "similarity":
      return round.similarity;
    default:
      return measure satisfies never;
  }
}

const isKnown = (figure: number | undefined): figure is number => figure !== undefined;
