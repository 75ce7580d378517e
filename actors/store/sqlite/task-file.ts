// The database file of tasks: how it is told from other files, and how it gets its newest tables.
import type { Database } from "better-sqlite3";
import { openDatabase } from "#runtime/stores/sqlite/open-database.ts";
import { applySteps, type SchemaStep } from "#runtime/stores/sqlite/schema-steps.ts";
import { migrations } from "./migrations.ts";

/** Marks our files: the letters TRPE. */
const applicationId = 0x54525045;

export const openTaskDatabase = (path: string): Database => openDatabase({ path, applicationId });

/** The file of tasks, as whoever holds it is to find it. */
export const taskFile = { applicationId, steps: migrations } as const;

export function migrate(
  database: Database,
  options: { readonly nowMs: number; readonly steps?: readonly SchemaStep[] },
): void {
  applySteps(database, {
    applicationId,
    steps: options.steps ?? migrations,
    nowMs: options.nowMs,
  });
}
