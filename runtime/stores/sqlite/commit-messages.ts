// What crosses between the thread that owns a file and the thread whose calls it answers.
import type { FailureData } from "#protocols/failure-codes.ts";
import type { CallOutcome } from "./grouped-commit.ts";

export interface NumberedCall<C> {
  readonly id: number;
  readonly call: C;
}

export interface NumberedOutcome {
  readonly id: number;
  readonly outcome: CallOutcome;
}

/** To the file's thread. */
export type CommitRequest<C> =
  | { readonly kind: "calls"; readonly calls: readonly NumberedCall<C>[] }
  | { readonly kind: "close" };

/** From the file's thread. */
export type CommitReport =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly failure: FailureData }
  | {
      readonly kind: "outcomes";
      readonly outcomes: readonly NumberedOutcome[];
      /** Commits since the file was opened. */
      readonly commits: number;
    };
