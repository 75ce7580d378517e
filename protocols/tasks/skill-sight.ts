// How well a worker has its skills, and which of them count: those whose dependencies it has, too, down to
// the last. A skill that the register does not know rests on nothing. Pure.
import Type from "typebox";

/** 0 to 1: how well a skill is had. */
export const SkillLevel = Type.Number({ minimum: 0, maximum: 1 });

export const SkillName = Type.String({ minLength: 1, maxLength: 64 });

/** A skill as a worker says that it has it; a name alone: in full, at level 1. */
export const HeldSkill = Type.Union([
  SkillName,
  Type.Object({ skill: SkillName, level: SkillLevel }),
]);
export type HeldSkill = string | { readonly skill: string; readonly level: number };

export interface SkillSight {
  /** Of each skill that counts: how well it is had. */
  readonly levels: ReadonlyMap<string, number>;
  /** Of each that does not: the dependencies that are missing, in order. */
  readonly broken: ReadonlyMap<string, readonly string[]>;
}

/** A row of the register, as far as that matters. */
export interface SkillTies {
  readonly skill: string;
  readonly dependsOn: readonly string[];
}

/** What a skill rests on directly; nothing for one that is not registered. */
export type DependenciesOf = (skill: string) => readonly string[];

/** Cost: the skills that are had, and all that they rest on. */
export function skillSight(held: readonly HeldSkill[], dependenciesOf: DependenciesOf): SkillSight {
  const had = levelsOf(held);
  const levels = new Map<string, number>();
  const broken = new Map<string, readonly string[]>();
  for (const [skill, level] of had) {
    const missing = closureOf(skill, dependenciesOf).filter((needed) => !had.has(needed));
    if (missing.length === 0) levels.set(skill, level);
    else broken.set(skill, missing);
  }
  return { levels, broken };
}

/** One that is named more than once is had as well as it is said at best. */
export function levelsOf(held: readonly HeldSkill[]): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  for (const one of held) {
    const { skill, level } = typeof one === "string" ? { skill: one, level: 1 } : one;
    levels.set(skill, Math.max(level, levels.get(skill) ?? 0));
  }
  return levels;
}

/** What the register's rows say of it. */
export function dependenciesIn(register: readonly SkillTies[]): DependenciesOf {
  const known = new Map(register.map(({ skill, dependsOn }) => [skill, dependsOn]));
  return (skill) => known.get(skill) ?? [];
}

/** All that a skill rests on, itself left out; a ring ends where it began. */
function closureOf(skill: string, dependenciesOf: DependenciesOf): readonly string[] {
  const found = new Set<string>();
  const open = [...dependenciesOf(skill)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next) || next === skill) continue;
    found.add(next);
    open.push(...dependenciesOf(next));
  }
  return [...found].sort();
}

/** How a skill rests on itself: it, each that leads on, and it again. Undefined: it does not. */
export function ringThrough(
  skill: string,
  dependenciesOf: DependenciesOf,
): readonly string[] | undefined {
  const seen = new Set<string>();
  const open = [[skill]];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const next of dependenciesOf(path.at(-1) ?? skill)) {
      if (next === skill) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      open.push([...path, next]);
    }
  }
  return undefined;
}
