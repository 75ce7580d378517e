// Makes a folder and those above it. `mkdir` with `recursive` does not end where a folder is said to be
// missing however often it is made, as in /proc: it goes up and down for ever. Here each step is taken once.
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";

/**
 * Does nothing when it is there. `mode`: of those that are made, as far as the mask of the process lets it.
 * Throws as `mkdir` does: `ENOTDIR` when a file is in the way, else what the first step says that fails.
 */
export function makeFolders(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  let place = path.resolve(folder);
  while (!isThere(place)) {
    missing.unshift(place);
    place = path.dirname(place);
  }
  for (const next of missing) makeOne(next, mode);
}

function isThere(place: string): boolean {
  const entry = statSync(place, { throwIfNoEntry: false });
  if (entry?.isDirectory()) return true;
  if (entry === undefined && path.dirname(place) !== place) return false;
  const cause = new Error(`ENOTDIR: not a directory, mkdir '${place}'`);
  throw Object.assign(cause, { code: "ENOTDIR" });
}

/** Somebody else may have made it meanwhile. */
function makeOne(place: string, mode: number): void {
  try {
    mkdirSync(place, { mode });
  } catch (cause) {
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory()) return;
    throw cause;
  }
}
