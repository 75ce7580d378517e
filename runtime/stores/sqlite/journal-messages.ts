// What crosses between a journal's thread and the thread of its actors.
import type { FailureData } from "#protocols/failure-codes.ts";
import type { StoreCall } from "#runtime/persistence/store-call.ts";
import type { CallOutcome } from "./grouped-commit.ts";

export interface NumberedCall {
  readonly id: number;
  readonly call: StoreCall;
}

/** To the journal's thread. */
export type JournalRequest =
  | { readonly kind: "calls"; readonly calls: readonly NumberedCall[] }
  | { readonly kind: "close" };

/** From the journal's thread. */
export type JournalReport =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly failure: FailureData }
  | {
      readonly kind: "outcomes";
      readonly outcomes: readonly { readonly id: number; readonly outcome: CallOutcome }[];
      /** Commits since the file was opened. */
      readonly commits: number;
    };
