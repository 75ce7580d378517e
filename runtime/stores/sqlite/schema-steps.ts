// Brings a database file to the newest schema, one transaction a step, and refuses a file that is
// not ours, newer than this program, or whose steps were altered. A step that was released is never
// edited: its checksum stands in every database. A change is a new step at the end.
import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";

export interface SchemaStep {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** What the text cannot do, such as checksums over rows that were there; in the same transaction. */
  readonly fill?: (database: Database, nowMs: number) => void;
}

interface AppliedStep {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** `applicationId` marks the files of one kind of store; it is 32 bits wide. */
export function applySteps(
  database: Database,
  options: {
    readonly applicationId: number;
    readonly steps: readonly SchemaStep[];
    readonly nowMs: number;
  },
): void {
  const { steps } = options;
  markFile(database, options.applicationId);
  const applied = database
    .prepare<[], AppliedStep>(
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
export function refuseForeign(database: Database, applicationId: number): void {
  const id = database.pragma("application_id", { simple: true });
  if (id === applicationId) return;
  const tables = database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (id === 0 && tables === 0) return;
  throw new Failure(
    "store_failed",
    `${database.name} is a database of another program (${id}); give the store its own path`,
  );
}

function markFile(database: Database, applicationId: number): void {
  if (database.pragma("application_id", { simple: true }) === applicationId) return;
  const mark = database.transaction(() => {
    database.pragma(`application_id = ${applicationId}`);
    database.exec(`CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,
      checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)`);
  });
  mark.immediate();
}

function checkApplied(database: Database, done: AppliedStep, steps: readonly SchemaStep[]): void {
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

function apply(database: Database, step: SchemaStep, nowMs: number): void {
  database.exec(step.sql);
  step.fill?.(database, nowMs);
  database
    .prepare("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)")
    .run(step.version, step.name, checksumOf(step), nowMs);
}

const checksumOf = (step: SchemaStep): string =>
  createHash("sha256").update(step.sql).digest("hex");
