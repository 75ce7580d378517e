// The ports of what actors keep: a journal of events and a store of snapshots. A store carries bytes
// and numbers and knows nothing of classes; `memory-persistence.ts` is the meaning in its shortest
// form, and one contract suite holds every store to it.
//
// Each id has one owner at a time: whoever claimed it last. A claim answers a fence, which grows with
// each claim, and every write names its fence: an older owner is refused with `conflict`, however
// late its write arrives, and cannot slip in behind a reader. (Fencing tokens: Kleppmann 2016,
// "How to do distributed locking"; Akka's journal relies on a single writer and detects later.)

/** What was kept, and the version of the class that wrote it. */
export interface StoredValue {
  readonly schemaVersion: number;
  readonly bytes: Uint8Array;
}

/** An event or a state. Sequences of one id begin at 1 and have no gaps. */
export interface StoredRow extends StoredValue {
  readonly sequence: number;
}

export interface Ownership {
  readonly persistenceId: string;
  readonly fence: number;
}

export interface Claim extends Ownership {
  /** Sequence of the last event ever appended, also when it was deleted since; 0 for none. */
  readonly version: number;
}

export interface AppendRequest extends Ownership {
  /** Must be the journal's version, otherwise `conflict`. */
  readonly expectedVersion: number;
  /** At least one; all are stored or none. */
  readonly events: readonly StoredValue[];
}

export interface ReadRequest {
  readonly persistenceId: string;
  /** Events behind this sequence; 0 for all. */
  readonly after: number;
  /** Events of the page at most; a page may be shorter, but is only empty when there are no more. */
  readonly limit: number;
}

export interface SaveRequest extends Ownership, StoredRow {}

export interface DeleteRequest extends Ownership {
  /** What stands up to here, itself included, goes. */
  readonly upTo: number;
}

/**
 * Whatever is answered is on the disk, or as safe as the store promises. Every call fails with
 * `invalid` for what makes no sense, `too_large` beyond `persistenceLimits`, `corrupt` for a
 * damaged row (named), `mailbox_full` when too much waits, and `store_failed`, after which a write
 * may have happened or not: claim again and read.
 */
export interface Journal {
  /** Makes the caller the owner; everybody before is refused from now on. */
  claim(persistenceId: string): Promise<Claim>;
  /** The new version. Fails with `conflict` for an older owner or another version. */
  append(request: AppendRequest): Promise<number>;
  /** A page of events in order. */
  read(request: ReadRequest): Promise<readonly StoredRow[]>;
  /** Forgets old events; the version stays. Fails with `conflict` for an older owner. */
  deleteUpTo(request: DeleteRequest): Promise<void>;
}

export interface SnapshotStore {
  /**
   * Keeps a state as of a sequence; the same sequence again replaces it. Fails with `conflict` for
   * an older owner, and below the newest snapshot.
   */
  save(request: SaveRequest): Promise<void>;
  /** The one of the highest sequence. */
  loadLatest(persistenceId: string): Promise<StoredRow | undefined>;
  /** Forgets old snapshots. Fails with `conflict` for an older owner. */
  deleteUpTo(request: DeleteRequest): Promise<void>;
}

/** Where a system's actors keep what they keep. */
export interface Persistence {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;
}
