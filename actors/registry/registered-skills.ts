// The skills of the topology, written into the register when the cluster begins: what they rest on goes
// first. What somebody registered beside them stays; what stands there already is not written again.
import type { Ref } from "#protocols/actor-ref.ts";
import type { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeRecords, SkillRecord, SkillTerms } from "#protocols/tasks/node-records.ts";
import { skillRefusal } from "#protocols/tasks/skill-refusal.ts";

type SkillBook = Pick<Ref<NodeRecords>, "skills" | "putSkill">;

/** Answers why the register did not take some of them. Fails as the store does. */
export async function registerSkills(
  book: SkillBook,
  skills: readonly SkillTerms[],
): Promise<readonly Failure[]> {
  if (skills.length === 0) return [];
  const known = new Map((await book.skills(storeLimits.skillsMax)).map((row) => [row.skill, row]));
  const refusals: Failure[] = [];
  for (const terms of inOrder(skills)) {
    if (isSame(terms, known.get(terms.skill))) continue;
    const refusal = skillRefusal(terms.skill, await book.putSkill(terms));
    if (refusal) refusals.push(refusal);
  }
  return refusals;
}

/** Each behind what it rests on; a ring, which no checked topology has, ends where it began. */
function inOrder(skills: readonly SkillTerms[]): readonly SkillTerms[] {
  const byName = new Map(skills.map((terms) => [terms.skill, terms]));
  const placed = new Set<SkillTerms>();
  const met = new Set<string>();
  const place = (terms: SkillTerms): void => {
    if (met.has(terms.skill)) return;
    met.add(terms.skill);
    for (const needed of terms.dependsOn ?? []) {
      const dependency = byName.get(needed);
      if (dependency) place(dependency);
    }
    placed.add(terms);
  };
  for (const terms of skills) place(terms);
  return [...placed];
}

const isSame = (terms: SkillTerms, row: SkillRecord | undefined): boolean =>
  row !== undefined &&
  row.description === (terms.description ?? null) &&
  row.version === (terms.version ?? null) &&
  JSON.stringify(row.dependsOn) === JSON.stringify(terms.dependsOn ?? []);
