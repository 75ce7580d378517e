// What is reported when code under test reaches past its ports: for the machine's clock, its timers,
// its chance. A run with such code is another one each time.

/** One use of the machine by code that should have asked a port. */
export class AmbientAccess extends Error {
  /** `Date.now`, `setTimeout`, or the kind of resource that was opened. */
  readonly what: string;
  /** Where, as `file:line:column`; empty when nobody can tell. */
  readonly callSite: string;

  constructor(what: string, remedy: string, callSite: string) {
    super(`${what} was used${callSite === "" ? "" : ` at ${callSite}`}: ${remedy}`);
    this.name = "AmbientAccess";
    this.what = what;
    this.callSite = callSite;
  }
}

/** The lines of a stack, the error's own text aside, without those that begin in `ownFiles`. */
export function framesOf(
  stack: string | undefined,
  ownFiles: readonly string[],
): readonly string[] {
  return (stack ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at ") && !ownFiles.some((file) => line.includes(file)));
}

/** `at f (file:///x.ts:1:2)` to `x.ts:1:2`, from the root of the file system. */
export function placeOf(frame: string | undefined): string {
  const place =
    /\(([^()]+)\)$/.exec(frame ?? "")?.[1] ?? (frame ?? "").replace(/^at (async )?/, "");
  return place.replace(/^file:\/\//, "");
}

/** Node's own code may use the machine: it is part of it. */
export const isOfNode = (frame: string | undefined): boolean =>
  frame === undefined || placeOf(frame).startsWith("node:");
