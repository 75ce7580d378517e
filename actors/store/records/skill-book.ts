import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeRecords } from "#protocols/tasks/node-records.ts";
import type { RecordShelf } from "../record-shelf.ts";
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
    if (leadsTo(records, dependsOn ?? [], skill)) return { kind: "cycle" };
    const row = {
      skill,
      description: description ?? null,
      dependsOn: [...(dependsOn ?? [])],
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
    records.drop(skillTable, former);
    moveNumber(records, countName, -1);
    return { kind: "removed" };
  },

  skills({ records }, limit) {
    return records.scan(skillTable, "key", { limit });
  },
};

/** Whether one of the skills is that one, or rests on it. */
function leadsTo(records: RecordShelf, skills: readonly string[], sought: string): boolean {
  const seen = new Set<string>();
  const waiting = [...skills];
  for (let skill = waiting.pop(); skill !== undefined; skill = waiting.pop()) {
    if (skill === sought) return true;
    if (seen.has(skill)) continue;
    seen.add(skill);
    waiting.push(...(records.get(skillTable, [skill])?.dependsOn ?? []));
  }
  return false;
}
