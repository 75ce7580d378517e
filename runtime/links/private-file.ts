// Files that decide who may talk: read only when nobody else can have written them, or, for secrets,
// read them; written whole or not at all.
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";

export interface FileGuard {
  /** Who else than its owner may read it. Nobody but the owner and root may ever write it. */
  readonly readers: "owner" | "everybody";
  readonly bytesMax: number;
  /** What to do when it is not there. */
  readonly remedy: string;
}

/**
 * The file's text. Fails with `not_found`, and with `invalid` for a file or folder that others could
 * have changed, a secret that others can read, and what is no file or too large.
 */
export function readGuarded(file: string, guard: FileGuard): string {
  const handle = opened(file, guard);
  try {
    // Asked of what was opened: the path may lead elsewhere a moment later.
    checkFile(file, fstatSync(handle), guard);
    checkFolder(path.dirname(file));
    return readAll(handle, guard.bytesMax);
  } finally {
    closeSync(handle);
  }
}

/** Makes the file, with its folder; fails with `conflict` when it is there already. */
export function createGuarded(file: string, text: string, guard: FileGuard): void {
  writeBeside(file, text, guard, (beside) => {
    try {
      linkSync(beside, file);
    } catch (cause) {
      if (codeOf(cause) !== "EEXIST") throw cause;
      throw new Failure("conflict", `${file} is there already and was left as it is`, cause);
    } finally {
      rmSync(beside);
    }
  });
}

/** Takes the place of the file: a crash leaves the old text or the new one. */
export function replaceGuarded(file: string, text: string, guard: FileGuard): void {
  writeBeside(file, text, guard, (beside) => renameSync(beside, file));
}

function writeBeside(
  file: string,
  text: string,
  { readers }: FileGuard,
  place: (beside: string) => void,
): void {
  const folder = path.dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkFolder(folder);
    const beside = `${file}.${process.pid}.new`;
    rmSync(beside, { force: true });
    const handle = openSync(beside, "wx", 0o600);
    try {
      fchmodSync(handle, readers === "owner" ? 0o600 : 0o644);
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    place(beside);
    syncFolder(folder);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("store_failed", `${file} cannot be written: ${textOf(cause)}`, cause);
  }
}

function opened(file: string, { remedy }: FileGuard): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") {
      throw new Failure("not_found", `there is no ${file}: ${remedy}`, cause);
    }
    throw new Failure("unavailable", `${file} cannot be read: ${textOf(cause)}`, cause);
  }
}

function checkFile(file: string, entry: Stats, { readers, bytesMax }: FileGuard): void {
  const refuse = (seen: string, remedy: string): never => {
    throw new Failure("invalid", `${file} ${seen}: ${remedy}`);
  };
  if (!entry.isFile()) refuse("is no file", "name the file itself");
  if (!isTrusted(entry.uid)) {
    refuse(`belongs to user ${entry.uid}`, "make it belong to the user that runs the node");
  }
  if ((entry.mode & 0o022) !== 0) {
    refuse(`can be changed by others (mode ${octal(entry)})`, `chmod go-w ${file}`);
  }
  if (readers === "owner" && (entry.mode & 0o077) !== 0) {
    const remedy = `chmod 600 ${file}, and make new keys if others may have read it`;
    refuse(`is a secret that others can read (mode ${octal(entry)})`, remedy);
  }
  if (entry.size > bytesMax) refuse(`has ${entry.size} bytes`, `it may have ${bytesMax} at most`);
}

/** Who can rename files in the folder can put others in their place, unless it is sticky. */
function checkFolder(folder: string): void {
  const entry = statSync(folder);
  const isOpen = (entry.mode & 0o022) !== 0 && (entry.mode & 0o1000) === 0;
  if (!isOpen && isTrusted(entry.uid)) return;
  const seen = isOpen
    ? `can be changed by others (mode ${octal(entry)})`
    : `is user ${entry.uid}'s`;
  throw new Failure("invalid", `the folder ${folder} ${seen}: chmod 700 ${folder}, as its owner`);
}

const isTrusted = (uid: number): boolean => uid === 0 || uid === process.getuid?.();

const octal = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, "0");

/** At most `bytesMax`, also of a file that grows meanwhile. */
function readAll(handle: number, bytesMax: number): string {
  const bytes = Buffer.alloc(bytesMax);
  let length = 0;
  for (;;) {
    const count = readSync(handle, bytes, length, bytesMax - length, length);
    if (count === 0) return bytes.toString("utf8", 0, length);
    length += count;
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && "code" in cause ? cause.code : undefined;

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
