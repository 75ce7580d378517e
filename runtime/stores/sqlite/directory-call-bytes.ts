// About what a call at the directory's file holds, on both sides of its thread.
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import type { DirectoryCall } from "./directory-file.ts";

/** Most rows are small; few of them hold a value of the largest size. */
const rowBytes = directoryLimits.valueBytesMax / 16;

export const directoryCallBytes = (call: DirectoryCall): number =>
  call.kind === "load" ? 0 : call.rows.length * rowBytes;
