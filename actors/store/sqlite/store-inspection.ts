// Looks at the whole store for damage, in one reading transaction beside the writer: SQLite's own
// check, the rules that rows must keep among each other, every row's checksum, and every count taken
// again. Sentences; none when all is well.
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { damagedLogOf } from "#runtime/stores/sqlite/log-damage.ts";
import { failureOf } from "#runtime/stores/sqlite/sqlite-failure.ts";
import { check } from "../decisions/recount.ts";
import { type StorePolicy, storePolicyDefault } from "../store-policy.ts";
import { damagedRows } from "./row-inspection.ts";
import { brokenRules } from "./row-rules.ts";
import { SqliteRecords } from "./sqlite-records.ts";
import { SqliteShelf } from "./sqlite-shelf.ts";

const problemsMax = 100;

/** At most 100 problems. Fails when the file cannot be read at all. */
export function inspect(options: {
  readonly path: string;
  readonly nowMs: number;
  readonly policy?: StorePolicy;
}): readonly string[] {
  const { path, nowMs, policy = storePolicyDefault } = options;
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    database.pragma("cache_size = -16384");
    return [...lostCommits(path), ...inspectDatabase(database, { nowMs, policy })];
  } catch (cause) {
    throw failureOf(cause, path);
  } finally {
    database?.close();
  }
}

/** Until somebody has looked at it, and deletes it. */
export function lostCommits(path: string): readonly string[] {
  const log = damagedLogOf(path);
  if (!existsSync(log)) return [];
  const seen = `${log} is a log with commits that could not be read`;
  return [`${seen}; restore a backup, or delete it when nothing is missed`];
}

export function inspectDatabase(
  database: Database.Database,
  { nowMs, policy }: { readonly nowMs: number; readonly policy: StorePolicy },
): readonly string[] {
  const look = database.transaction(() => {
    const problems: string[] = [];
    const note = (found: Iterable<string>): void => {
      for (const problem of found) {
        if (problems.length >= problemsMax) return;
        problems.push(problem);
      }
    };
    note(ownFindings(database));
    note(damagedRows(database));
    note(brokenRules(database));
    // A recount cannot read what is damaged; that was found already.
    if (problems.length === 0) note(recount(database, { nowMs, policy }));
    return problems;
  });
  return look();
}

function ownFindings(database: Database.Database): readonly string[] {
  const found = database.prepare("PRAGMA integrity_check(100)").pluck().all();
  return found.filter((finding) => finding !== "ok").map((finding) => `SQLite: ${finding}`);
}

function recount(
  database: Database.Database,
  { nowMs, policy }: { readonly nowMs: number; readonly policy: StorePolicy },
): readonly string[] {
  const shelf = new SqliteShelf(database, () => {}).rows;
  const info = {
    kind: "sqlite",
    epoch: "",
    ackLevels: [],
    schemaVersion: 0,
    timeSkewMs: 0,
  } as const;
  const records = new SqliteRecords(database);
  return check({ shelf, records, nowMs, policy, makeId: () => "", info }).problems;
}
