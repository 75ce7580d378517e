// What rounds come to: the medians of one subject, and the ratio or difference of two. Pure.
import { Failure } from "#protocols/failure.ts";
import type { Goal, Measure, Ratio, Round, Row, Subject } from "./contest.ts";
import { median, percentile } from "./statistics.ts";

/** Medians over a subject's rounds. */
export function rowOf(workload: string, subject: Subject, rounds: readonly Round[]): Row {
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

/** The claim over pairs of neighbouring rounds, or over ours alone. */
export function ratioOf(
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
