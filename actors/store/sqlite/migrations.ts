// The database's tables as numbered steps. A step that was released is never edited: its checksum
// stands in every database. A change is a new step at the end.
import type { SchemaStep } from "#runtime/stores/sqlite/schema-steps.ts";
import { nodeHoldsSql, recordTablesSql } from "./record-tables.ts";
import { controlIssuedSql } from "./schema/control-issued.ts";
import { controlReadsSql } from "./schema/control-reads.ts";
import { errorTablesSql } from "./schema/error-tables.ts";
import { fairWeightsSql } from "./schema/fair-weights-column.ts";
import { firstTables } from "./schema/first-tables.ts";
import { storeTables } from "./schema/store-tables.ts";
import { convertTables } from "./schema/table-conversion.ts";
import { taskChargesSql } from "./schema/task-charges.ts";

export const migrations: readonly SchemaStep[] = [
  { version: 1, name: "tasks, leases, attempts, files, idempotency", sql: firstTables },
  {
    version: 2,
    name: "queues, events, confirmations; a checksum in every row",
    sql: storeTables,
    fill: convertTables,
  },
  {
    version: 3,
    name: "nodes, configuration, control, alerts, metrics, models, keys",
    sql: recordTablesSql,
  },
  { version: 4, name: "why nodes are held", sql: nodeHoldsSql },
  { version: 5, name: "groups of errors, poison tasks, kept inputs", sql: errorTablesSql },
  { version: 6, name: "what tasks cost", sql: taskChargesSql },
  { version: 7, name: "commands that only look", sql: controlReadsSql },
  { version: 8, name: "commands of all nodes in order", sql: controlIssuedSql },
  { version: 9, name: "how much users weigh", sql: fairWeightsSql },
];
