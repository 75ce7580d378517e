// Which of a worker's skills can be used: those whose dependencies it has, too, down to the last. A
// skill that the registry does not know rests on nothing. Pure.
import type { SkillRecord } from "#protocols/tasks/node-records.ts";

export interface SkillSight {
  readonly usable: readonly string[];
  /** Skills that are not, each with the dependencies that are missing. */
  readonly broken: readonly { readonly skill: string; readonly missing: readonly string[] }[];
}

export function skillSight(
  had: readonly string[],
  known: readonly Pick<SkillRecord, "skill" | "dependsOn">[],
): SkillSight {
  const restsOn = new Map(known.map(({ skill, dependsOn }) => [skill, dependsOn]));
  const missingOf = (skill: string): readonly string[] =>
    closureOf(skill, restsOn).filter((needed) => !had.includes(needed));
  const seen = had.map((skill) => ({ skill, missing: missingOf(skill) }));
  return {
    usable: seen.filter(({ missing }) => missing.length === 0).map(({ skill }) => skill),
    broken: seen.filter(({ missing }) => missing.length > 0),
  };
}

/** All that a skill rests on, itself left out; a ring ends where it began. */
function closureOf(
  skill: string,
  restsOn: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const found = new Set<string>();
  const open = [...(restsOn.get(skill) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next) || next === skill) continue;
    found.add(next);
    open.push(...(restsOn.get(next) ?? []));
  }
  return [...found].sort();
}
