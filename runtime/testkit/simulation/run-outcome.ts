// What a run came to: whether all promises were kept, and what happened in it.
import type { Violation } from "./checker.ts";
import type { RunTrace } from "./run-trace.ts";

export interface RunOutcome {
  readonly violation: Violation | undefined;
  readonly virtualMs: number;
  readonly events: number;
  readonly operations: number;
  /** SHA-256 of everything that happened. */
  readonly digest: string;
  /** How often what happened. */
  readonly facts: Readonly<Record<string, number>>;
  /** Labels of rare choices that were made. */
  readonly whims: readonly string[];
  readonly trace: RunTrace;
}
