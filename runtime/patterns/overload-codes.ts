// The codes by which the patterns refuse what would be too much. Where the table of failure codes
// has a code of its own for it, that one; else the general one.
import { type FailureCode, isFailureCode } from "#protocols/failure-codes.ts";

const codeOr = (wanted: string, general: FailureCode): FailureCode =>
  isFailureCode(wanted) ? wanted : general;

/** The breaker in front of a dependency lets nothing through. */
export const circuitOpen = codeOr("circuit_open", "unavailable");
/** More than the agreed rate. */
export const rateLimited = codeOr("rate_limited", "unavailable");
