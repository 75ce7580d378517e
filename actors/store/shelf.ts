// What the decisions read and write: one view of the store within one transaction. Each back end has
// its own; what is written is seen by the reads that follow, and kept or undone as a whole by whoever
// opened the transaction. Synchronous: a back end that must wait has fetched beforehand.

import type { Failure } from "#protocols/failure.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { NewEvent, StoreEvent } from "#protocols/tasks/task-events.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import type { WorkKind } from "./ready-lanes.ts";
import type {
  AttemptFacts,
  AttemptRecord,
  ConfirmationRecord,
  KeyRecord,
  LeaseRecord,
  QueueRecord,
  TaskRecord,
  TombstoneRecord,
} from "./records.ts";

/** A task that may be claimed: by rank, then by arrival. */
export interface ReadyEntry {
  readonly taskId: string;
  readonly rank: number;
  readonly seq: number;
}

/** What is due by a time, soonest first, at most so many. */
export interface Due {
  readonly nowMs: number;
  readonly max: number;
}

export type SequenceName = "fence" | "task_seq";

/** A page of tasks, in the order of their arrival. */
export interface ListedTasks {
  readonly tasks: readonly TaskRecord[];
  /** What is wrong with rows of the page that are left out, as they cannot be read. */
  readonly damaged: readonly Failure[];
  /** The cursor of the next page; null: these were all. */
  readonly next: number | null;
}

export interface ShelfReads {
  /** Fails with `corrupt` when the row does not fit its checksum. */
  task(taskId: string): TaskRecord | undefined;
  /** The same as far as it can be read, whatever its checksum says: only to end a damaged task. */
  salvage(taskId: string): TaskRecord | undefined;
  lease(taskId: string): LeaseRecord | undefined;
  attempt(taskId: string, attempt: number): AttemptRecord | undefined;
  /** The same, and its checkpoint is not read. */
  attemptFacts(taskId: string, attempt: number): AttemptFacts | undefined;
  queue(queue: string): QueueRecord | undefined;
  queues(): readonly QueueRecord[];
  key(scope: string, key: string): KeyRecord | undefined;
  confirmation(callbackId: string): ConfirmationRecord | undefined;
  confirmationsOf(taskId: string): readonly ConfirmationRecord[];
  /** Oldest first; `null` stands for everybody's. */
  openConfirmations(userId: string | null, max: number): readonly ConfirmationRecord[];
  tombstone(taskId: string): TombstoneRecord | undefined;

  /** Kinds of work that wait in a queue, in the order of the first task of each. */
  readyKinds(queue: string): readonly WorkKind[];
  /** Distinct `needs` of the pending tasks of a kind, those whose first tasks come first: at most `max`. */
  readyLanes(queue: string, kind: string, max: number): readonly string[];
  ready(queue: string, needs: string, max: number): readonly ReadyEntry[];
  /** The last in rank of those that may give way: pending, never claimed, evictable, nobody's parent. */
  worstEvictable(queue: string): ReadyEntry | undefined;
  /** Of a user: tasks that wait. null: of those who name nobody. */
  pendingOfUser(queue: string, userId: string | null): number;
  /** Where the virtual time of that key stands; 0 before its first task. */
  fairTime(queue: string, fairKey: string): number;
  leasesOfNode(node: string): readonly LeaseRecord[];
  childrenOf(taskId: string): readonly string[];

  dueTasks(due: Due): readonly string[];
  expiredLeases(due: Due): readonly LeaseRecord[];
  overdueAttempts(due: Due): readonly LeaseRecord[];
  overdueInQueue(due: Due): readonly string[];
  overdueTasks(due: Due): readonly string[];
  dueConfirmations(due: Due): readonly ConfirmationRecord[];
  expiredKeys(due: Due): readonly KeyRecord[];
  expiredTasks(due: Due): readonly string[];
  expiredTombstones(due: Due): readonly string[];
  /** The earliest of all of those; null: none is to come. */
  nextDueAt(): number | null;

  list(query: TaskQuery): ListedTasks;
  /** Fails with `corrupt` when files are missing or do not fit their checksums. */
  inputs(task: TaskRecord): readonly TaskFile[];
  results(task: TaskRecord): readonly TaskFile[];

  head(channel: string): number;
  events(channel: string, afterSeq: number, max: number): readonly StoreEvent[];
  /** The lowest number that is still kept; head + 1 when none is. */
  firstKept(channel: string): number;
  tail(afterEventId: number, max: number): readonly StoreEvent[];
  /** Of the newest event, forgotten or not, or a higher one that no event will have; 0 before the first. */
  lastEventId(): number;
}

export interface ShelfWrites {
  /** The next number; never given twice, and never again after a crash once it was acknowledged. */
  next(sequence: SequenceName): number;
  /** `former`: the record as it was read; undefined for a new one. */
  putTask(task: TaskRecord, former: TaskRecord | undefined): void;
  /** With its attempts, inputs, results and confirmations. */
  dropTask(task: TaskRecord): void;
  putLease(lease: LeaseRecord): void;
  dropLease(lease: LeaseRecord): void;
  putAttempt(attempt: AttemptRecord): void;
  putQueue(queue: QueueRecord): void;
  putKey(key: KeyRecord): void;
  dropKey(key: KeyRecord): void;
  putConfirmation(confirmation: ConfirmationRecord): void;
  putTombstone(tombstone: TombstoneRecord): void;
  dropTombstone(taskId: string): void;
  setFairTime(queue: string, fairKey: string, virtualMs: number): void;
  putInputs(taskId: string, files: readonly TaskFile[]): void;
  dropInputs(taskId: string): void;
  putResults(taskId: string, fence: number, files: readonly TaskFile[]): void;
  /** The next number of its channel, and of the store. */
  append(event: NewEvent, nowMs: number): StoreEvent;
  /** Forgets the oldest of a channel so that `keep` are left, and those before `beforeMs`; at most `max`. */
  trimEvents(terms: {
    readonly beforeMs: number;
    readonly keep: number;
    readonly max: number;
  }): number;
}

export interface Shelf extends ShelfReads, ShelfWrites {}
