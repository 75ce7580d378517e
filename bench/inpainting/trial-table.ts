// Pure. What came out of the trials as Markdown, for docs/benchmarks.md: one table by pictures and kinds of
// masks, and one of every trial.

import { maskKinds } from "./synthetic-masks.ts";
import { type Likeness, meanLikeness, type Trial } from "./trials.ts";

export interface TrialOutcome {
  readonly trial: Pick<Trial, "photograph" | "view" | "kind">;
  readonly ours: Likeness;
  readonly theirs: Likeness;
  /** Those of theirs that time is compared with. */
  readonly settings: { readonly nearest: string; readonly fastest: string };
}

export function trialTable(outcomes: readonly TrialOutcome[]): string {
  const pictureOf = ({ photograph, view }: TrialOutcome["trial"]) => `${photograph}, ${view}`;
  const pictures = [...new Set(outcomes.map(({ trial }) => pictureOf(trial)))];
  const groups = [
    ...pictures.map((name) => ({
      name,
      has: (one: TrialOutcome) => pictureOf(one.trial) === name,
    })),
    ...maskKinds.map((name) => ({ name, has: (one: TrialOutcome) => one.trial.kind === name })),
    { name: "all", has: () => true },
  ];
  const means = groups.map(({ name, has }) => {
    const own = outcomes.filter(has);
    return line([
      name,
      ...figures(meanLikeness(own.map(({ ours }) => ours))),
      ...figures(meanLikeness(own.map(({ theirs }) => theirs))),
      `${own.filter((one) => one.ours.decibels < one.theirs.decibels).length}`,
      `${own.filter((one) => one.ours.similarity < one.theirs.similarity).length}`,
    ]);
  });
  const each = outcomes.map(({ trial, ours, theirs, settings: { nearest, fastest } }) =>
    line([pictureOf(trial), trial.kind, ...figures(ours), ...figures(theirs), nearest, fastest]),
  );
  return [
    line(["dB, similarity", "diffuse", "", "OpenCV's best", "", "below: dB", "similarity"]),
    line(Array.from({ length: 7 }, () => "---")),
    ...means,
    "",
    line(["picture", "holes", "diffuse", "", "OpenCV's best", "", "nearest", "fastest as near"]),
    line(Array.from({ length: 8 }, () => "---")),
    ...each,
    "",
  ].join("\n");
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const figures = ({ decibels, similarity }: Likeness): readonly string[] => [
  decibels.toFixed(2),
  similarity.toFixed(3),
];
