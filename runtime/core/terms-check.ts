// Says of one term of a spec what it has to be and what was seen. Pure.
import { Failure } from "#protocols/failure.ts";

/** Throws `invalid`: "restartsMax is a whole number from 0, not -1". */
export function check(holds: boolean, subject: string, expected: string, seen: unknown): void {
  if (holds) return;
  const shown = typeof seen === "string" ? JSON.stringify(seen) : String(seen);
  throw new Failure("invalid", `${subject} ${expected}, not ${shown}`);
}

/** Throws `invalid` unless it is a length of time; Infinity means that nobody gives up waiting. */
export function checkTimeout(name: string, ms: number): void {
  check(ms >= 0, `${name} is`, "a number of milliseconds from 0, or Infinity", ms);
}
