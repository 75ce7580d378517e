// What the store's operations work with. Each runs inside a transaction that its caller commits.
import type { Prepared } from "./prepared.ts";
import type { StorePolicy } from "./store-policy.ts";

export interface StoreContext {
  readonly prepared: Prepared;
  readonly policy: StorePolicy;
  /** A task id that was never given before. */
  readonly makeId: () => string;
  /** Tasks that ended without a call that could say so; the next sweep tells of them. */
  readonly endedUntold: string[];
}
