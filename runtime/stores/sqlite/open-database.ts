// Opens the database file with the settings that durability rests on, and reads each back: SQLite
// ignores a pragma that it cannot apply, and this build defaults to a weaker sync under WAL.

import { closeSync, existsSync, fsyncSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { makeFolders } from "#runtime/host/make-folders.ts";
import { refuseForeign } from "./schema-steps.ts";

/** What is set, and what must be read back; without the last it only makes things faster. */
const settings: readonly (readonly [name: string, value: string, seen?: string | number])[] = [
  // Takes effect only before the first table; an existing file keeps its own.
  ["auto_vacuum", "INCREMENTAL", 2],
  ["journal_mode", "WAL", "wal"],
  // 2 is FULL: every commit is on the disk before it is acknowledged.
  ["synchronous", "FULL", 2],
  ["busy_timeout", "5000", 5000],
  ["foreign_keys", "ON", 1],
  ["temp_store", "MEMORY"],
  // 16 MiB of the process's own memory: what is written between two checkpoints, several times over. The rest
  // is read where it is mapped, which costs the process nothing.
  ["cache_size", "-16384"],
  ["mmap_size", "268435456"],
  // Checkpoints are the store's, between commits.
  ["wal_autocheckpoint", "0", 0],
  ["journal_size_limit", "67108864", 67108864],
];

/** The file's one true path, so that a link to it cannot be locked apart from it. */
export function truePath(path: string): string {
  makeFolders(dirname(path));
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}

export function openDatabase(options: {
  readonly path: string;
  readonly applicationId: number;
}): Database.Database {
  const { path, applicationId } = options;
  const database = new Database(path);
  try {
    refuseForeign(database, applicationId);
    for (const [name, value, expected] of settings) {
      database.pragma(`${name} = ${value}`);
      const seen = database.pragma(name, { simple: true });
      if (expected === undefined || seen === expected) continue;
      throw new Failure(
        "store_failed",
        `${path}: ${name} was set to ${value}, but is ${seen}; use a local disk and a new file`,
      );
    }
    syncFolder(dirname(path));
  } catch (cause) {
    database.close();
    throw cause;
  }
  return database;
}

/** A new file survives power loss only once its folder entry is on the disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
