// At most one store works on a database file.
//
// The lock is SQLite's own file lock, taken on an empty database beside the real one and kept while
// the store is open: the kernel drops it when the process dies, however it dies, so there is no
// stale lock to clean up. The real file stays readable for other programs. A second small file
// names the owner; it only helps the message and decides nothing.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";

/** Long enough for an owner that is just closing. */
const waitMs = 500;

export class OwnerLock {
  readonly #database: Database.Database;
  readonly #ownerPath: string;

  private constructor(database: Database.Database, ownerPath: string) {
    this.#database = database;
    this.#ownerPath = ownerPath;
  }

  /** Fails with `store_failed`, naming the owner's process, when another store holds the file. */
  static take(path: string): OwnerLock {
    const ownerPath = `${path}.owner`;
    const database = new Database(`${path}.lock`, { timeout: waitMs });
    try {
      database.exec("BEGIN IMMEDIATE");
      writeFileSync(ownerPath, `${process.pid}\n`);
    } catch (cause) {
      database.close();
      if (!(cause instanceof Database.SqliteError) || !cause.code.startsWith("SQLITE_BUSY"))
        throw cause;
      throw new Failure(
        "store_failed",
        `${path} is in use by ${ownerText(ownerPath)}; stop it, or keep what this one stores elsewhere (its path or folder)`,
        cause,
      );
    }
    return new OwnerLock(database, ownerPath);
  }

  release(): void {
    rmSync(this.#ownerPath, { force: true });
    this.#database.close();
  }
}

function ownerText(ownerPath: string): string {
  try {
    const pid = readFileSync(ownerPath, "utf8").trim();
    return Number(pid) === process.pid
      ? `this process already (pid ${pid})`
      : `the process with pid ${pid}`;
  } catch {
    return `a process that left no name in ${ownerPath}`;
  }
}
