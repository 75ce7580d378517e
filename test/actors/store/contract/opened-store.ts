// A store that a test has to itself, and what only a test may do with it.
import type { StoreBackend } from "#actors/store/backend.ts";

export interface OpenedStore {
  readonly backend: StoreBackend;
  /** By the store's clock. */
  nowMs(): Promise<number>;
  /** Lets the store's time go on. */
  pass(ms: number): Promise<void>;
  /** Closes and opens what is kept; the same back end, where nothing outlives it. */
  reopen(): Promise<StoreBackend>;
  /** Closes it and removes all of it. */
  end(): Promise<void>;
}
