// The shelf in memory: maps and sorted indexes, empty at first. Of what is written within `undoable`
// each step's opposite is noted, so that it can be undone as a whole.

import type { TaskFile } from "#protocols/tasks/task.ts";
import { channelOf, type NewEvent, type StoreEvent } from "#protocols/tasks/task-events.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import type { WorkKind } from "../ready-lanes.ts";
import type {
  AttemptRecord,
  ConfirmationRecord,
  KeyRecord,
  LeaseRecord,
  QueueRecord,
  TaskRecord,
  TombstoneRecord,
} from "../records.ts";
import type { Due, ListedTasks, ReadyEntry, SequenceName, Shelf } from "../shelf.ts";
import type { TrimTerms } from "./event-table.ts";
import { newTables, nextTimeOf, pair } from "./memory-tables.ts";
import type { Table } from "./row-table.ts";

export class MemoryShelf implements Shelf {
  readonly #tables = newTables();
  readonly #last: Record<SequenceName, number> = { fence: 0, task_seq: 0 };
  /** Opposites of what was done, while undoable work is under way. */
  #opposites: (() => void)[] | undefined;

  /** What the work answers. What it wrote is undone when it throws. */
  undoable<R>(work: () => R): R {
    const opposites: (() => void)[] = [];
    this.#opposites = opposites;
    try {
      return work();
    } catch (cause) {
      for (const undo of opposites.reverse()) undo();
      throw cause;
    } finally {
      this.#opposites = undefined;
    }
  }

  // ---- reads

  task(taskId: string): TaskRecord | undefined {
    return this.#tables.tasks.get(taskId);
  }

  salvage(taskId: string): TaskRecord | undefined {
    return this.#tables.tasks.get(taskId);
  }

  lease(taskId: string): LeaseRecord | undefined {
    return this.#tables.leases.get(taskId);
  }

  attempt(taskId: string, attempt: number): AttemptRecord | undefined {
    return this.#tables.attempts.get(pair(taskId, attempt));
  }

  queue(queue: string): QueueRecord | undefined {
    return this.#tables.queues.get(queue);
  }

  queues(): readonly QueueRecord[] {
    return [...this.#tables.queues.all].sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  key(scope: string, key: string): KeyRecord | undefined {
    return this.#tables.keys.get(pair(scope, key));
  }

  confirmation(callbackId: string): ConfirmationRecord | undefined {
    return this.#tables.confirmations.get(callbackId);
  }

  confirmationsOf(taskId: string): readonly ConfirmationRecord[] {
    return this.#tables.confirmations.ofTask(taskId);
  }

  openConfirmations(userId: string | null, max: number): readonly ConfirmationRecord[] {
    return this.#tables.confirmations.open(userId, max);
  }

  tombstone(taskId: string): TombstoneRecord | undefined {
    return this.#tables.tombstones.get(taskId);
  }

  attemptFacts = (taskId: string, attempt: number) => this.attempt(taskId, attempt);
  readyKinds = (queue: string): readonly WorkKind[] => this.#tables.tasks.readyKinds(queue);
  readyLanes = (queue: string, kind: string, max: number): readonly string[] =>
    this.#tables.tasks.readyLanes(queue, kind, max);

  ready(queue: string, needs: string, max: number): readonly ReadyEntry[] {
    return this.#tables.tasks.ready(queue, needs, max);
  }

  worstEvictable(queue: string): ReadyEntry | undefined {
    return this.#tables.tasks.worstEvictable(queue);
  }

  pendingOfUser(queue: string, userId: string | null): number {
    return this.#tables.tasks.waitingOfUser(queue, userId);
  }

  fairTime(queue: string, fairKey: string): number {
    return this.#tables.fairTimes.get(pair(queue, fairKey))?.virtualMs ?? 0;
  }

  leasesOfNode(node: string): readonly LeaseRecord[] {
    return this.#tables.leases.ofNode(node);
  }

  childrenOf(taskId: string): readonly string[] {
    return this.#tables.tasks.childrenOf(taskId);
  }

  dueTasks(due: Due): readonly string[] {
    return this.#tables.tasks.due.due(due);
  }

  expiredLeases(due: Due): readonly LeaseRecord[] {
    return this.#tables.leases.expired(due);
  }

  overdueAttempts(due: Due): readonly LeaseRecord[] {
    return this.#tables.leases.overdueAttempts(due);
  }

  overdueInQueue(due: Due): readonly string[] {
    return this.#tables.tasks.overdueInQueue.due(due);
  }

  overdueTasks(due: Due): readonly string[] {
    return this.#tables.tasks.overdue.due(due);
  }

  dueConfirmations(due: Due): readonly ConfirmationRecord[] {
    return this.#tables.confirmations.due(due);
  }

  expiredKeys(due: Due): readonly KeyRecord[] {
    return this.#tables.keys.due(due);
  }

  expiredTasks(due: Due): readonly string[] {
    return this.#tables.tasks.expired.due(due);
  }

  expiredTombstones(due: Due): readonly string[] {
    return this.#tables.tombstones.due(due).map(({ taskId }) => taskId);
  }

  nextDueAt(): number | null {
    return nextTimeOf(this.#tables);
  }

  list(query: TaskQuery): ListedTasks {
    const tasks = this.#tables.tasks.list(query);
    const isMore = tasks.length >= query.limit;
    return { tasks, damaged: [], next: isMore ? (tasks.at(-1)?.seq ?? null) : null };
  }

  inputs({ taskId }: TaskRecord): readonly TaskFile[] {
    return this.#tables.inputs.get(taskId)?.files ?? [];
  }

  results({ taskId }: TaskRecord): readonly TaskFile[] {
    return this.#tables.results.get(taskId)?.files ?? [];
  }

  head(channel: string): number {
    return this.#tables.events.head(channel);
  }

  events(channel: string, afterSeq: number, max: number): readonly StoreEvent[] {
    return this.#tables.events.events(channel, afterSeq, max);
  }

  firstKept(channel: string): number {
    return this.#tables.events.firstKept(channel);
  }

  tail(afterEventId: number, max: number): readonly StoreEvent[] {
    return this.#tables.events.tail(afterEventId, max);
  }

  lastEventId(): number {
    return this.#tables.events.lastId;
  }

  // ---- writes

  next(sequence: SequenceName): number {
    this.#last[sequence] += 1;
    this.#note(() => {
      this.#last[sequence] -= 1;
    });
    return this.#last[sequence];
  }

  putTask(task: TaskRecord, former: TaskRecord | undefined): void {
    this.#replace(this.#tables.tasks, former, task);
  }

  dropTask(task: TaskRecord): void {
    const { taskId } = task;
    for (let attempt = 1; attempt <= task.attempt; attempt += 1) {
      this.#replace(this.#tables.attempts, this.attempt(taskId, attempt), undefined);
    }
    for (const confirmation of this.confirmationsOf(taskId)) {
      this.#replace(this.#tables.confirmations, confirmation, undefined);
    }
    this.dropInputs(taskId);
    this.#replace(this.#tables.results, this.#tables.results.get(taskId), undefined);
    this.#replace(this.#tables.tasks, task, undefined);
  }

  putLease(lease: LeaseRecord): void {
    this.#replace(this.#tables.leases, this.lease(lease.taskId), lease);
  }

  dropLease(lease: LeaseRecord): void {
    this.#replace(this.#tables.leases, lease, undefined);
  }

  putAttempt(attempt: AttemptRecord): void {
    const { taskId, attempt: number } = attempt;
    this.#replace(this.#tables.attempts, this.attempt(taskId, number), attempt);
  }

  putQueue(queue: QueueRecord): void {
    this.#replace(this.#tables.queues, this.queue(queue.queue), queue);
  }

  putKey(key: KeyRecord): void {
    this.#replace(this.#tables.keys, this.key(key.scope, key.key), key);
  }

  dropKey(key: KeyRecord): void {
    this.#replace(this.#tables.keys, key, undefined);
  }

  putConfirmation(confirmation: ConfirmationRecord): void {
    const former = this.confirmation(confirmation.callbackId);
    this.#replace(this.#tables.confirmations, former, confirmation);
  }

  putTombstone(tombstone: TombstoneRecord): void {
    this.#replace(this.#tables.tombstones, this.tombstone(tombstone.taskId), tombstone);
  }

  /** Nobody asks for the task any more, so its channel ends too. */
  dropTombstone(taskId: string): void {
    this.#replace(this.#tables.tombstones, this.tombstone(taskId), undefined);
    this.#tables.events.close(channelOf.task(taskId));
  }

  setFairTime(queue: string, fairKey: string, virtualMs: number): void {
    const former = this.#tables.fairTimes.get(pair(queue, fairKey));
    this.#replace(this.#tables.fairTimes, former, { queue, fairKey, virtualMs });
  }

  putInputs(taskId: string, files: readonly TaskFile[]): void {
    this.#replace(this.#tables.inputs, this.#tables.inputs.get(taskId), { taskId, files });
  }

  dropInputs(taskId: string): void {
    this.#replace(this.#tables.inputs, this.#tables.inputs.get(taskId), undefined);
  }

  putResults(taskId: string, _fence: number, files: readonly TaskFile[]): void {
    this.#replace(this.#tables.results, this.#tables.results.get(taskId), { taskId, files });
  }

  append(event: NewEvent, nowMs: number): StoreEvent {
    const appended = this.#tables.events.append(event, nowMs);
    this.#note(() => this.#tables.events.retract(appended));
    return appended;
  }

  trimEvents(terms: TrimTerms): number {
    const past = this.#tables.fairTimes.due({ nowMs: terms.beforeMs, max: terms.max });
    for (const time of past) this.#replace(this.#tables.fairTimes, time, undefined);
    const events = this.#tables.events.superfluous(terms);
    for (const event of events) {
      this.#tables.events.forget(event);
      this.#note(() => this.#tables.events.remember(event));
    }
    return events.length;
  }

  #replace<Row>(table: Table<Row>, before: Row | undefined, after: Row | undefined): void {
    table.replace(before, after);
    this.#note(() => table.replace(after, before));
  }

  #note(opposite: () => void): void {
    this.#opposites?.push(opposite);
  }
}
