// What all work on store files from outside has in common: whose file it is, how a file that is being
// made is called, and how it becomes the real one.

import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { refuseForeign } from "#runtime/stores/sqlite/schema-steps.ts";
import { failureOf } from "#runtime/stores/sqlite/sqlite-failure.ts";
import { taskFile } from "../task-file.ts";

/** How far work has come, of how much. */
export type Progress = (done: number, all: number) => void;

/** What `use` makes of the file, which is only read. Fails with `invalid` when it is no store of ours. */
export function readStore<T>(path: string, use: (database: Database.Database) => T): T {
  if (!existsSync(path)) {
    throw new Failure("not_found", `there is no file ${path}; name the file of a store`);
  }
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    refuseOther(database);
    return use(database);
  } catch (cause) {
    throw failureOf(cause, path);
  } finally {
    database?.close();
  }
}

function refuseOther(database: Database.Database): void {
  const { applicationId, steps } = taskFile;
  refuseForeign(database, applicationId);
  const newest = steps.at(-1)?.version ?? 0;
  const hasSteps = database
    .prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'")
    .pluck()
    .get();
  const version =
    hasSteps === 1
      ? database.prepare("SELECT max(version) FROM schema_migrations").pluck().get()
      : null;
  if (version === newest) return;
  const seen = `${database.name} has schema ${version ?? "none"}, this program works with ${newest}`;
  const advice =
    Number(version) > newest
      ? "use the newer program"
      : "start a store on it once, which converts it";
  throw new Failure("invalid", `${seen}; ${advice}`);
}

/** A file that is not finished, beside the one that it becomes. */
export const unfinishedPath = (path: string): string => `${path}.unfinished`;

/** With all that SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

/** Makes the finished file the real one; after a loss of power it is there as a whole, or not. */
export function install(unfinished: string, path: string): void {
  syncFile(unfinished);
  renameSync(unfinished, path);
  syncFile(dirname(path));
}

export function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** SHA-256 as hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
