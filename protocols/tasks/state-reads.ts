// Single readings of the state for processes beside the control node: from the copy in Redis, or from the
// StateManager. Each says where it comes from and how old it is.
import type { Ref } from "../actor-ref.ts";
import type { NodeRecord } from "./node-record.ts";
import type { QueueView } from "./queue-view.ts";
import type { State } from "./state.ts";
import type { StoreCounts } from "./store.ts";
import type { TaskView } from "./task.ts";

/** `embedded`: the StateManager, and what it reads from the cluster's store. */
export type ReadSource = "redis" | "embedded";

export interface SourcedReading<T> {
  readonly value: T;
  /** Of the record; null where it has none, or there is no record. */
  readonly version: number | null;
  /** It was so then: milliseconds since 1970 UTC, by the control node's clock. */
  readonly asOf: number;
  readonly source: ReadSource;
  /** Older than was asked for, as nobody could tell it newer: it may have changed since. */
  readonly isStale: boolean;
}

/** From where readings come just now. */
export interface ReadStanding {
  readonly source: ReadSource;
  /** Milliseconds since 1970 UTC. */
  readonly since: number;
  /** The copy's server, without its password; null: the topology names none. */
  readonly server: string | null;
  /** Milliseconds that the copy is behind; null: it cannot be read, or there is none. */
  readonly lagMs: number | null;
  /** Why it is not Redis, or is stale, damaged in part or may evict what it has; null: all is as it should be. */
  readonly reason: string | null;
  readonly readsTotal: Readonly<Record<ReadSource, number>>;
  /** Readings that were answered older than asked for, since nobody could tell it newer. */
  readonly staleTotal: number;
}

/** Milliseconds; 0: from the store. */
export interface ReadAge {
  readonly maxAgeMs: number;
}

/** All readings fail with `unavailable` when neither the copy nor the StateManager can be asked. */
export interface StateReads {
  /** The StateManager, as it is found and lost. */
  use(state: Ref<State> | undefined): void;
  task(taskId: string, age: ReadAge): Promise<SourcedReading<TaskView | null>>;
  nodes(age: ReadAge): Promise<SourcedReading<readonly NodeRecord[]>>;
  queues(age: ReadAge): Promise<SourcedReading<readonly QueueView[]>>;
  counts(age: ReadAge): Promise<SourcedReading<StoreCounts>>;
  /** Asks the copy how it stands. */
  standing(): Promise<ReadStanding>;
  /** The next reading opens it again. */
  close(): void;
}
