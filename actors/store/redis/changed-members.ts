// Members of a sorted set of equal scores as they are with what was changed since they were fetched; pure.
import type { MembersAsked } from "./keyspace-query.ts";
import { compareMembers } from "./ordered-member.ts";

export interface FetchedMembers extends MembersAsked {
  readonly fetched: readonly string[];
  /** Null: it is gone. */
  readonly changed: ReadonlyMap<string, number | null>;
  /** Whether there are no more than those that were fetched. */
  readonly isWhole: boolean;
}

export function changedMembers(terms: FetchedMembers): readonly string[] {
  const { changed, fetched, high, isWhole, low, order } = terms;
  if (changed.size === 0) return fetched;
  const sign = order === "up" ? 1 : -1;
  const last = isWhole ? undefined : fetched.at(-1);
  const members = new Set(fetched);
  for (const [member, score] of changed) {
    const isIn = compareMembers(member, low) >= 0 && compareMembers(member, high) < 0;
    // Behind the last that was fetched others may stand that nobody has seen.
    const isSeen = last === undefined || sign * compareMembers(member, last) <= 0;
    if (score === null) members.delete(member);
    else if (isIn && isSeen) members.add(member);
  }
  return [...members].sort((a, b) => sign * compareMembers(a, b));
}
