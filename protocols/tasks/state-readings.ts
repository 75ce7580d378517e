// What the StateManager answers: single readings, which say how old they are, and the whole state as of
// one moment.
import type { NodeRecord } from "./node-record.ts";
import type { QueueView } from "./queue-view.ts";
import type { SystemFigures } from "./state-notices.ts";
import type { StoreCounts } from "./store.ts";
import type { AckLevel, TaskView } from "./task.ts";

/** Something as it was at a moment. */
export interface Reading<T> {
  readonly value: T;
  /** Of the record; null where it has none, or there is no record. */
  readonly version: number | null;
  /** It was so then, by the StateManager's clock: milliseconds since 1970 UTC. */
  readonly asOf: number;
  readonly source: "cache" | "store";
  /** Older than was asked for, as the store could not be asked: it may have changed since. */
  readonly isStale: boolean;
}

/** Where a copy of the state for programs outside of the cluster stands. */
export type MirrorStatus =
  | { readonly kind: "off" }
  | { readonly kind: "starting"; readonly server: string }
  /** All is written up to that event of the store's log. */
  | {
      readonly kind: "following";
      readonly server: string;
      readonly since: number;
      /** Of the store whose log it is. */
      readonly epoch: string;
      readonly eventId: number;
      readonly writtenAt: number;
      readonly resyncsTotal: number;
    }
  | { readonly kind: "resyncing"; readonly server: string; readonly since: number }
  /** The store does not answer: the copy stays as it is. */
  | {
      readonly kind: "waiting";
      readonly server: string;
      readonly since: number;
      readonly reason: string;
    }
  /** Nothing is lost by that: the cluster goes on, and all is written anew when it is back. */
  | {
      readonly kind: "away";
      readonly server: string;
      readonly since: number;
      readonly reason: string;
    };

/** One moment in the life of the store. */
export interface StateMoment {
  readonly epoch: string;
  /** The last event of the log that is contained. */
  readonly eventId: number;
  readonly asOf: number;
}

export interface StateSnapshot extends StateMoment {
  /** For further pages. */
  readonly snapshotId: string;
  readonly counts: StoreCounts;
  readonly queues: readonly QueueView[];
  readonly nodes: readonly NodeRecord[];
  /** How many tasks live: scheduled, pending, running or waiting for an answer. */
  readonly tasksTotal: number;
  /** The first of those, in the order of their arrival. */
  readonly tasks: readonly TaskView[];
  /** Where the next page begins; null: these were all. */
  readonly next: number | null;
  readonly figures: SystemFigures;
  readonly mirror: MirrorStatus;
}

export interface SnapshotPage {
  readonly snapshotId: string;
  readonly tasks: readonly TaskView[];
  readonly next: number | null;
}

export interface SyncReport extends StateMoment {
  /** What everything that was acknowledged until now survives. */
  readonly ack: AckLevel;
  readonly mirror: MirrorStatus;
  /** Whether the mirror has all of it, too; null: there is none. */
  readonly isMirrored: boolean | null;
}

export interface RefreshReport extends StateMoment {
  /** Entries that were dropped from the cache. */
  readonly dropped: number;
  readonly nodes: number;
  readonly queues: number;
}

export interface StateStatistics {
  /** Of the store that it follows; null while there is none. */
  readonly epoch: string | null;
  readonly eventId: number;
  /** When it last knew that it has seen everything. */
  readonly asOf: number;
  /** Why it cannot follow the store just now; null: it does. */
  readonly storeTrouble: string | null;
  readonly cache: {
    readonly tasks: number;
    readonly hitsTotal: number;
    readonly missesTotal: number;
    readonly staleTotal: number;
    readonly evictedTotal: number;
    readonly expiredTotal: number;
  };
  readonly subscriptions: {
    readonly subscribers: number;
    readonly channels: number;
    readonly noticesTotal: number;
    readonly gapsTotal: number;
    readonly lapsedTotal: number;
  };
  readonly mirror: MirrorStatus;
}
