// What all parts of the shelf work with.
import type { Keyspace } from "./keyspace.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import type { BytesShelf } from "./stored-bytes.ts";
import type { RecordCodecs } from "./stored-shapes.ts";

export interface ShelfParts {
  readonly keyspace: Keyspace;
  readonly keys: StoreKeys;
  readonly codecs: RecordCodecs;
  readonly bytes: BytesShelf;
  /** An index has named a task that is missing, or damaged beyond recognition. */
  readonly noteUnreadable: (taskId: string) => void;
}
