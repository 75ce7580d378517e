// What better-sqlite3 throws, as a Failure that says what was seen and what to do.
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";

/** The disk or the file refused: no statement of the transaction can be trusted to go on. */
export const isDiskFault = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError &&
  /^SQLITE_(FULL|IOERR|READONLY|NOMEM|CANTOPEN|BUSY)/.test(cause.code);

export function failureOf(cause: unknown, path: string): Failure {
  if (isFileError(cause)) return ofFileError(cause, path);
  if (!(cause instanceof Database.SqliteError)) return Failure.of(cause);
  const seen = `${path}: ${cause.message} (${cause.code})`;
  return new Failure(codeOf(cause.code), `${seen}; ${adviceFor(cause.code)}`, cause);
}

const codeOf = (code: string): "corrupt" | "store_failed" =>
  /^SQLITE_(CORRUPT|NOTADB)/.test(code) ? "corrupt" : "store_failed";

function adviceFor(code: string): string {
  if (code.startsWith("SQLITE_FULL")) {
    return "the disk is full: nothing was stored; free space and the store goes on by itself";
  }
  if (code.startsWith("SQLITE_IOERR")) {
    return "the disk refused: nothing was stored; look for a full or broken disk, or a size limit";
  }
  if (code.startsWith("SQLITE_READONLY")) {
    return "nothing was stored; make the file and its folder writable for this user";
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return "make sure that the folder exists and that this user may write to it";
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return "nothing was stored; end whatever other program holds a lock on the file";
  }
  if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) {
    return "the file is damaged or no database of this store; put it aside and restore a backup";
  }
  return "nothing was stored";
}

// What the files beside the database meet.
const isFileError = (cause: unknown): cause is Error & { readonly code: string } =>
  cause instanceof Error &&
  "code" in cause &&
  typeof cause.code === "string" &&
  /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|EFBIG|ENOENT|ENOTDIR|EEXIST|EISDIR|ELOOP|ENAMETOOLONG)$/.test(
    cause.code,
  );

function ofFileError(cause: Error & { readonly code: string }, path: string): Failure {
  const advice = /^(ENOSPC|EDQUOT|EFBIG)$/.test(cause.code)
    ? "the disk is full, or a size limit met; free space"
    : "make the file and its folder writable for this user";
  return new Failure("store_failed", `${path}: ${cause.message}; ${advice}`, cause);
}
