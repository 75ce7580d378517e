// The number that tells one life of a node's process from the next: it grows with each start.
//
// It is the wall clock in milliseconds, so it needs no memory. A node that has a folder of its own
// also remembers the last number there: then it grows even when the clock was set back meanwhile.
// Two processes that start under one name in the same millisecond are not told apart here; the
// cluster refuses the second bearer of a name.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { makeFolders } from "./make-folders.ts";

/** After `previous`, and the wall clock's milliseconds if that is more. */
export const incarnationAfter = (previous: number, wallMs: number): number =>
  Math.max(previous + 1, Math.floor(wallMs));

/**
 * The incarnation of this start, written to `file` before it is returned. Fails with `corrupt` when
 * the file holds no number.
 */
export function rememberedIncarnation(file: string, wallMs: number): number {
  const incarnation = incarnationAfter(previousIn(file), wallMs);
  makeFolders(dirname(file));
  // Written beside and renamed: a crash leaves the old number or the new one, never half of it.
  const beside = `${file}.${process.pid}`;
  const handle = openSync(beside, "w", 0o600);
  try {
    writeSync(handle, `${incarnation}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
  return incarnation;
}

function previousIn(file: string): number {
  const text = textOf(file);
  if (text === undefined) return 0;
  const number = Number(text.trim());
  // Above 2^52 nothing but damage can have written it, and adding 1 must stay exact.
  if (text.trim() !== "" && Number.isSafeInteger(number) && number >= 0 && number < 2 ** 52) {
    return number;
  }
  throw new Failure(
    "corrupt",
    `${file} should hold the node's last incarnation, it holds ${JSON.stringify(text.slice(0, 40))}; ` +
      "remove the file to go on by the clock",
  );
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new Failure("store_failed", `${file} cannot be read: ${String(cause)}`, cause);
  }
}
