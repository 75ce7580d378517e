// Copies a store into one file, also while it runs: the copy is the store at one moment. It is looked
// through before it gets its name; whatever fails, nothing is left behind.

import { existsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { makeFolders } from "#runtime/host/make-folders.ts";
import { failureOf } from "#runtime/stores/sqlite/sqlite-failure.ts";
import { storePolicyDefault } from "../../store-policy.ts";
import { inspectDatabase } from "../store-inspection.ts";
import {
  install,
  type Progress,
  readStore,
  removeDatabase,
  sha256Of,
  unfinishedPath,
} from "./store-file.ts";

export interface Backup {
  readonly path: string;
  readonly bytes: number;
  /** Also in the file `<path>.sha256`, as `sha256sum` writes it. */
  readonly sha256: string;
}

/** Pages (of 4 KiB) that are copied at a time; between them the event loop has its turn. */
const stepPages = 2_048;

/**
 * Fails with `invalid` when the file is no store or the copy's name is taken, with `store_failed` when
 * a disk refuses, with `corrupt` when the copy is damaged, which then the store is too.
 */
export async function backupStore(options: {
  readonly path: string;
  readonly to: string;
  readonly nowMs: number;
  readonly progress?: Progress;
}): Promise<Backup> {
  const { path, to, nowMs, progress } = options;
  readStore(path, () => undefined);
  for (const taken of [to, unfinishedPath(to)]) {
    if (!existsSync(taken)) continue;
    throw new Failure("invalid", `${taken} is there already; choose another name, or remove it`);
  }
  const unfinished = unfinishedPath(to);
  try {
    makeFolders(dirname(to));
    await copy(path, unfinished, progress);
    finish(unfinished, nowMs);
    const sha256 = await sha256Of(unfinished);
    writeFileSync(`${to}.sha256`, `${sha256}  ${basename(to)}\n`);
    install(unfinished, to);
    return { path: to, bytes: statSync(to).size, sha256 };
  } catch (cause) {
    removeDatabase(unfinished);
    if (!existsSync(to)) removeDatabase(`${to}.sha256`);
    throw failureOf(cause, to);
  }
}

async function copy(path: string, to: string, progress: Progress | undefined): Promise<void> {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    // Held for the whole copy: without it, each commit of the store would make it begin anew.
    database.exec("BEGIN");
    database.prepare("SELECT count(*) FROM meta").get();
    await database.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        progress?.(totalPages - remainingPages, totalPages);
        return stepPages;
      },
    });
  } finally {
    database.close();
  }
}

/** Makes it a single file, and looks through it. */
function finish(path: string, nowMs: number): void {
  const database = new Database(path, { fileMustExist: true });
  try {
    database.pragma("journal_mode = DELETE");
    const problems = inspectDatabase(database, { nowMs, policy: storePolicyDefault });
    if (problems.length === 0) return;
    const seen = `the store is damaged, so this would be no good backup: ${problems[0]}`;
    throw new Failure("corrupt", `${seen}; see troupe store check for all of it`);
  } finally {
    database.close();
  }
}
