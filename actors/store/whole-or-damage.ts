// A row that does not fit its checksum takes nothing else with it: where many rows are read, what is wrong
// with one is a value.
import { Failure } from "#protocols/failure.ts";

/** What was read; the failure when it is damaged. Other failures go on. */
export function wholeOrDamage<R>(read: () => R): R | Failure {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "corrupt") return cause;
    throw cause;
  }
}
