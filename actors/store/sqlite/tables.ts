// Brings a database file to the newest schema, one transaction a step, and refuses a file that is
// not ours, newer than this program, or whose steps were altered.
import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { type Migration, migrations } from "./migrations.ts";

/** Marks our files: the letters TRPE. */
const applicationId = 0x54525045;

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

export function migrate(
  database: Database,
  options: { readonly nowMs: number; readonly steps?: readonly Migration[] },
): void {
  const steps = options.steps ?? migrations;
  markFile(database);
  const applied = database
    .prepare<[], AppliedMigration>(
      "SELECT version, name, checksum FROM schema_migrations ORDER BY version",
    )
    .all();
  for (const done of applied) checkApplied(database, done, steps);
  for (const step of steps) {
    if (applied.some((done) => done.version === step.version)) continue;
    database.transaction(() => apply(database, step, options.nowMs)).immediate();
  }
}

/** Fails when the file holds another program's tables. Only looks: such a file stays as it is. */
export function refuseForeign(database: Database): void {
  const id = database.pragma("application_id", { simple: true });
  if (id === applicationId) return;
  const tables = database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (id === 0 && tables === 0) return;
  throw new Failure(
    "store_failed",
    `${database.name} is a database of another program (${id}); give the store its own path`,
  );
}

function markFile(database: Database): void {
  if (database.pragma("application_id", { simple: true }) === applicationId) return;
  const mark = database.transaction(() => {
    database.pragma(`application_id = ${applicationId}`);
    database.exec(`CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,
      checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)`);
  });
  mark.immediate();
}

function checkApplied(
  database: Database,
  done: AppliedMigration,
  steps: readonly Migration[],
): void {
  const step = steps.find((candidate) => candidate.version === done.version);
  if (!step) {
    throw new Failure(
      "store_failed",
      `${database.name} has schema ${done.version}, newer than this program; use the newer one`,
    );
  }
  if (checksumOf(step) !== done.checksum) {
    throw new Failure(
      "store_failed",
      `${database.name}: step ${done.version} had another text; use the program that made it`,
    );
  }
}

function apply(database: Database, step: Migration, nowMs: number): void {
  database.exec(step.sql);
  database
    .prepare("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)")
    .run(step.version, step.name, checksumOf(step), nowMs);
}

const checksumOf = (step: Migration): string => createHash("sha256").update(step.sql).digest("hex");
