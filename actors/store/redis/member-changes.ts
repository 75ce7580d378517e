// Members of a sorted set as they will be: as they were read, with what was written since.
import { compareCells } from "../records/record-column.ts";

export interface MemberTerms {
  /** Inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly before: string;
  readonly order: "up" | "down";
  readonly count: number;
}

/** `known`: the first of the range, at least as many more as `scores` has changes. */
export function withChanges(
  known: readonly string[],
  scores: ReadonlyMap<string, number | null>,
  { from, before, order, count }: MemberTerms,
): readonly string[] {
  const kept = known.filter((member) => !scores.has(member));
  for (const [member, score] of scores) {
    const isInside = compareCells(member, from) >= 0 && compareCells(member, before) < 0;
    if (score !== null && isInside) kept.push(member);
  }
  const sign = order === "up" ? 1 : -1;
  return kept.sort((a, b) => sign * compareCells(a, b)).slice(0, count);
}
