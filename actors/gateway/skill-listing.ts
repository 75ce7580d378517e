// Who has which skill, how well, and whether it counts: the register and the nodes, put together. Pure.
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { SkillRecord } from "#protocols/tasks/node-records.ts";
import { dependenciesIn, skillSight } from "#protocols/tasks/skill-sight.ts";

export interface SkillHolder {
  readonly node: string;
  readonly status: NodeRecord["status"];
  /** 0 to 1. */
  readonly level: number;
  /** What the skill rests on and the node lacks; with any, the skill does not count there. */
  readonly missing: readonly string[];
}

export interface ListedSkill {
  readonly skill: string;
  /** Not registered: it rests on nothing. */
  readonly isRegistered: boolean;
  readonly description: string | null;
  readonly version: string | null;
  readonly dependsOn: readonly string[];
  /** By name. */
  readonly nodes: readonly SkillHolder[];
}

const unregistered = { isRegistered: false, description: null, version: null, dependsOn: [] };

/** By name: all that are registered, and all that a node has. `levelMin`: only nodes that are so good. */
export function listSkills(
  register: readonly SkillRecord[],
  nodes: readonly NodeRecord[],
  levelMin: number,
): readonly ListedSkill[] {
  const dependenciesOf = dependenciesIn(register);
  const holders = new Map<string, SkillHolder[]>();
  for (const { node, skills, status } of nodes) {
    const { broken } = skillSight(skills, dependenciesOf);
    for (const { skill, level } of skills) {
      const those = holders.get(skill) ?? [];
      holders.set(skill, those);
      if (level >= levelMin) those.push({ node, status, level, missing: broken.get(skill) ?? [] });
    }
  }
  const rows = new Map(register.map((row) => [row.skill, row]));
  return [...new Set([...rows.keys(), ...holders.keys()])].sort().map((skill): ListedSkill => {
    const row = rows.get(skill);
    const { dependsOn, description, version } = row ?? unregistered;
    const held = (holders.get(skill) ?? []).toSorted((a, b) => (a.node < b.node ? -1 : 1));
    return { skill, isRegistered: row !== undefined, description, version, dependsOn, nodes: held };
  });
}
