// Groups of failures and poison tasks, as the ErrorHandler counts them.
import Type from "typebox";
import { storeLimits } from "#protocols/store-limits.ts";
import type { ErrorRecords } from "#protocols/tasks/error-records.ts";
import { FailureClass } from "#protocols/tasks/task-failure.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { integer, json, orNull, text, word } from "./record-column.ts";
import type { Performers } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

const Samples = Type.Array(Type.String());

export const errorGroupTable = recordTable({
  name: "error_groups",
  columns: {
    fingerprint: text("fingerprint"),
    class: word("class", FailureClass),
    code: text("code"),
    type: text("type"),
    model: text("model"),
    detail: text("detail"),
    sample: text("sample"),
    count: integer("count"),
    retried: integer("retried"),
    firstAt: integer("first_at"),
    lastAt: integer("last_at"),
    taskIds: json("task_ids", Samples),
    nodes: json("nodes", Samples),
    queues: json("queues", Samples),
    acknowledgedBy: orNull(text("acked_by")),
    acknowledgedAt: orNull(integer("acked_at")),
  },
  key: ["fingerprint"],
  indexes: { last: { on: ["lastAt"] } },
});

export const poisonTable = recordTable({
  name: "poison_tasks",
  columns: {
    taskId: text("task_id"),
    at: integer("at"),
    type: text("type"),
    model: text("model"),
    queue: text("queue"),
    node: orNull(text("node")),
    why: text("why"),
  },
  key: ["taskId"],
  indexes: { at: { on: ["at"] } },
});

const names = {
  groups: countNames.errorGroups,
  poison: countNames.poisonTasks,
  seq: "errors",
  missed: "errors_missed",
};

export const errorBook: Performers<ErrorRecords> = {
  keepErrors({ records }, { seq, missed, groups, forgotten, poison }) {
    const gone = forgotten.flatMap((one) => records.get(errorGroupTable, [one]) ?? []);
    const isNew = (one: string): boolean => records.get(errorGroupTable, [one]) === undefined;
    const more = groups.filter(({ fingerprint }) => isNew(fingerprint)).length - gone.length;
    if (numberOf(records, names.groups) + more > storeLimits.errorGroupsMax) {
      return { kind: "full", limit: storeLimits.errorGroupsMax };
    }
    for (const group of gone) records.drop(errorGroupTable, group);
    for (const group of groups) {
      const former = records.get(errorGroupTable, [group.fingerprint]);
      records.put(errorGroupTable, group, former);
    }
    moveNumber(records, names.groups, more);
    for (const task of poison) {
      const former = records.get(poisonTable, [task.taskId]);
      records.put(poisonTable, task, former);
      if (!former) moveNumber(records, names.poison, 1);
    }
    forgetOldPoison(records);
    moveNumber(records, names.seq, seq - numberOf(records, names.seq));
    moveNumber(records, names.missed, missed - numberOf(records, names.missed));
    return { kind: "saved" };
  },

  keptErrors({ records }) {
    return {
      seq: numberOf(records, names.seq),
      missed: numberOf(records, names.missed),
      groups: records.scan(errorGroupTable, "key", { limit: storeLimits.errorGroupsMax }),
      poison: records.scan(poisonTable, "at", {
        order: "down",
        limit: storeLimits.poisonTasksMax,
      }),
    };
  },
};

function forgetOldPoison(records: RecordShelf): void {
  const excess = numberOf(records, names.poison) - storeLimits.poisonTasksMax;
  if (excess <= 0) return;
  moveNumber(records, names.poison, -records.trim(poisonTable, "at", { limit: excess }));
}
