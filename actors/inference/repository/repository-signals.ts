// What the actor of a node's models tells itself: what came of a look at the folders, of a copy that was
// started or is to leave, and that something is due.
import type { FailureData } from "#protocols/failure-codes.ts";
import type { FoundModel } from "./model-scan.ts";
import type { VersionFacts } from "./served-version.ts";

export interface RepositorySignals {
  looked(found: readonly FoundModel[]): void;
  unseen(failure: FailureData): void;
  lookAgain(): void;
  warmed(what: Warmed): void;
  drained(key: string): void;
  tryAgain(what: { readonly name: string; readonly version: number }): void;
  roomLeft(): void;
}

export interface Warmed {
  readonly key: string;
  readonly facts: Pick<VersionFacts, "notes">;
}

/** It ended instead of becoming warm. */
export const nobody: Warmed = { key: "", facts: { notes: [] } };
