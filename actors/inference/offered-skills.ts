// Which skills a worker of models has: what its models that are ready are for, and what it is said to have.
// Pure.
import type { NodeSkill } from "#protocols/tasks/node-record.ts";
import { type HeldSkill, levelsOf } from "#protocols/tasks/skill-sight.ts";
import type { Serving } from "./repository/model-shelves.ts";

export interface SkillSources {
  /** Said of the node, whatever its models are. */
  readonly said: readonly HeldSkill[];
  readonly kinds: Serving["kinds"];
  /** Milliseconds since 1970 UTC, for skills that files with a manifest show now. */
  readonly nowMs: number;
}

/** Each once, at its best level; a kind is had in full. */
export function offeredSkills({ said, kinds, nowMs }: SkillSources): readonly NodeSkill[] {
  const verified = kinds.filter(({ standing }) => standing === "verified");
  const shown = new Set(verified.map(({ kind }) => kind));
  return [...levelsOf([...kinds.map(({ kind }) => kind), ...said])].map(([skill, level]) => ({
    ...{ skill, level },
    verifiedAt: shown.has(skill) ? nowMs : null,
  }));
}
