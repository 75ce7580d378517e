// Puts a backup in the place of a store. It becomes a store of its own epoch: leases that were given
// since the backup was made, or before, are refused, so no worker of the former store commits here.
import { copyFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { truePath } from "#runtime/stores/sqlite/open-database.ts";
import { OwnerLock } from "#runtime/stores/sqlite/owner-lock.ts";
import { failureOf } from "#runtime/stores/sqlite/sqlite-failure.ts";
import { storePolicyDefault } from "../../store-policy.ts";
import { renewEpoch, setMeta } from "../rows/meta-rows.ts";
import { inspectDatabase } from "../store-inspection.ts";
import {
  install,
  type Progress,
  readStore,
  removeDatabase,
  sha256Of,
  unfinishedPath,
} from "./store-file.ts";

export interface Restored {
  readonly path: string;
  readonly epoch: string;
  /** Where the store that was there before is now. */
  readonly former: string | null;
}

/**
 * Fails with `store_failed` when a store runs on the file, with `invalid` when there is one and
 * `former` does not say to keep it aside, or the backup is none, with `corrupt` when it is damaged.
 */
export async function restoreStore(options: {
  readonly from: string;
  readonly path: string;
  readonly former: "refuse" | "keep";
  readonly nowMs: number;
  readonly progress?: Progress;
}): Promise<Restored> {
  const { from, nowMs, progress } = options;
  await checkBackup(from, nowMs);
  progress?.(1, 3);
  const path = truePath(options.path);
  const lock = takeLock(path);
  const unfinished = unfinishedPath(path);
  try {
    if (existsSync(path) && options.former === "refuse") {
      const seen = `${path} is a store already`;
      throw new Failure("invalid", `${seen}; give --replace to keep it aside and take its place`);
    }
    copyFileSync(from, unfinished);
    progress?.(2, 3);
    const epoch = asNewStore(unfinished, { from, nowMs });
    const former = existsSync(path) ? setAside(path, nowMs) : null;
    install(unfinished, path);
    progress?.(3, 3);
    return { path, epoch, former };
  } catch (cause) {
    removeDatabase(unfinished);
    throw failureOf(cause, path);
  } finally {
    lock.release();
  }
}

function takeLock(path: string): OwnerLock {
  try {
    return OwnerLock.take(path);
  } catch (cause) {
    throw failureOf(cause, path);
  }
}

async function checkBackup(from: string, nowMs: number): Promise<void> {
  const [problem] = readStore(from, (database) =>
    inspectDatabase(database, { nowMs, policy: storePolicyDefault }),
  );
  if (problem !== undefined) {
    throw new Failure("corrupt", `${from} is damaged: ${problem}; take another backup`);
  }
  const sumPath = `${from}.sha256`;
  if (!existsSync(sumPath)) return;
  const expected = readFileSync(sumPath, "utf8").split(" ", 1)[0];
  const seen = await sha256Of(from);
  if (seen === expected) return;
  const text = `${from} has the SHA-256 ${seen}, but ${sumPath} says ${expected}`;
  throw new Failure("corrupt", `${text}; take another backup`);
}

function asNewStore(
  path: string,
  { from, nowMs }: { readonly from: string; readonly nowMs: number },
): string {
  const database = new Database(path, { fileMustExist: true });
  try {
    database.pragma("synchronous = FULL");
    const renew = database.transaction(() => {
      setMeta(database, "restored_from", `${from} at ${new Date(nowMs).toISOString()}`);
      return renewEpoch(database);
    });
    return renew.immediate();
  } finally {
    database.close();
  }
}

/** The former store as one file under another name; what its log holds is in it. */
function setAside(path: string, nowMs: number): string {
  const former = `${path}.former-${nowMs}`;
  const database = new Database(path, { fileMustExist: true });
  try {
    database.pragma("journal_mode = DELETE");
  } catch {
    // It may be damaged, which can be why it is replaced: then its log goes aside with it.
  } finally {
    database.close();
  }
  for (const suffix of ["-wal", "-shm", "-wal.damaged"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, former + suffix);
  }
  renameSync(path, former);
  return former;
}
