// What must hold of the skills of a topology: names once, dependencies that are there and lead to no ring,
// and levels that there are. Pure.
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { TopologyDocument } from "#protocols/outside/topology.ts";
import type { SkillDocument } from "#protocols/outside/topology-skills.ts";
import { dependenciesIn, ringThrough } from "#protocols/tasks/skill-sight.ts";

export const skillProblems = ({ skills = [], nodes }: TopologyDocument): readonly Problem[] => [
  ...skills.flatMap((skill, index) => registerProblems(skill, index, skills)),
  ...nodes.flatMap((node, index) => levelProblems(node.settings, ["nodes", index, "settings"])),
];

function registerProblems(
  { name, dependsOn = [] }: SkillDocument,
  index: number,
  skills: readonly SkillDocument[],
): readonly Problem[] {
  const path = ["skills", index];
  const names = skills.map((skill) => skill.name);
  if (names.indexOf(name) !== index) {
    return [value([...path, "name"], `${name} is the name of an earlier skill too`, "rename it")];
  }
  const unknown = dependsOn.flatMap((needed, place) =>
    names.includes(needed)
      ? []
      : [
          value(
            [...path, "dependsOn", place],
            `there is no skill ${needed}, on which ${name} is to rest`,
            `add ${needed} to skills, or write one of ${names.join(", ")}`,
          ),
        ],
  );
  const ties = skills.map((skill) => ({ skill: skill.name, dependsOn: skill.dependsOn ?? [] }));
  const ring = ringThrough(name, dependenciesIn(ties));
  // Each ring is told once, at the first of its skills.
  if (ring === undefined || ring.some((one) => names.indexOf(one) < index)) return unknown;
  const message = `the skill ${name} rests on itself: ${ring.join(" -> ")}`;
  const remedy = "leave out one of these dependencies";
  return [...unknown, value([...path, "dependsOn"], message, remedy)];
}

function levelProblems(
  settings: TopologyDocument["nodes"][number]["settings"],
  path: KeyPath,
): readonly Problem[] {
  return (settings?.skills ?? []).flatMap((held, index) => {
    if (typeof held === "string" || (held.level >= 0 && held.level <= 1)) return [];
    const message = `${held.level} is no level of the skill ${held.skill}`;
    const remedy = "write how well it is had, from 0 to 1, such as 0.5";
    return [value([...path, "skills", index, "level"], message, remedy)];
  });
}

const value = (path: KeyPath, message: string, remedy: string): Problem => ({
  path,
  at: "value",
  message,
  remedy,
});
