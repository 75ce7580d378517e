// What the decisions work with. Each runs inside a transaction that its caller commits.
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { RecordShelf } from "./record-shelf.ts";
import type { Shelf } from "./shelf.ts";
import type { StorePolicy } from "./store-policy.ts";

export interface StoreContext {
  readonly shelf: Shelf;
  readonly records: RecordShelf;
  /** The store's clock, the same for a whole batch: milliseconds since 1970 UTC. */
  readonly nowMs: number;
  readonly policy: StorePolicy;
  /** An id that was never given before. */
  readonly makeId: () => string;
  readonly info: StoreInfo;
}
