// The register of skills: what each rests on. No skill rests on itself, or on one that is not registered.
import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeRecords } from "#protocols/tasks/node-records.ts";
import { ringThrough } from "#protocols/tasks/skill-sight.ts";
import { skillTable } from "./node-tables.ts";
import type { Performers } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";

const countName = countNames.skills;

export const skillBook: Performers<Pick<NodeRecords, "putSkill" | "dropSkill" | "skills">> = {
  putSkill({ records, nowMs }, { skill, description, dependsOn, version }) {
    const former = records.get(skillTable, [skill]);
    if (!former && numberOf(records, countName) >= storeLimits.skillsMax) {
      return { kind: "full", limit: storeLimits.skillsMax };
    }
    const ring = ringThrough(skill, (name) =>
      name === skill ? (dependsOn ?? []) : (records.get(skillTable, [name])?.dependsOn ?? []),
    );
    if (ring) return { kind: "cycle", ring };
    const missing = (dependsOn ?? []).filter((name) => !records.get(skillTable, [name]));
    if (missing.length > 0) return { kind: "unknown", missing };
    const row = {
      skill,
      description: description ?? null,
      dependsOn: [...new Set(dependsOn ?? [])],
      version: version ?? null,
      createdAt: former?.createdAt ?? nowMs,
    };
    records.put(skillTable, row, former);
    if (!former) moveNumber(records, countName, 1);
    return { kind: "saved" };
  },

  dropSkill({ records }, skill) {
    const former = records.get(skillTable, [skill]);
    if (!former) return { kind: "not_found" };
    const others = records.scan(skillTable, "key", { limit: storeLimits.skillsMax });
    const by = others.filter(({ dependsOn }) => dependsOn.includes(skill)).map((row) => row.skill);
    if (by.length > 0) return { kind: "needed", by };
    records.drop(skillTable, former);
    moveNumber(records, countName, -1);
    return { kind: "removed" };
  },

  skills({ records }, limit) {
    return records.scan(skillTable, "key", { limit });
  },
};
