// How the shelf in SQLite reads: each question goes to the table that knows. Before one that looks
// through the rows of tasks, what was gathered goes to the file.
import { Failure } from "#protocols/failure.ts";
import type { ShelfReads } from "../shelf.ts";
import { wholeOrDamage } from "../whole-or-damage.ts";
import type { ShelfTables } from "./shelf-tables.ts";

type RowReads = Pick<
  ShelfReads,
  | "task"
  | "salvage"
  | "lease"
  | "attempt"
  | "attemptFacts"
  | "queue"
  | "queues"
  | "key"
  | "confirmation"
  | "confirmationsOf"
  | "openConfirmations"
  | "tombstone"
>;
type DueReads = Pick<
  ShelfReads,
  | "readyKinds"
  | "readyLanes"
  | "ready"
  | "worstEvictable"
  | "pendingOfUser"
  | "fairTime"
  | "leasesOfNode"
  | "childrenOf"
  | "dueTasks"
  | "expiredLeases"
  | "overdueAttempts"
  | "overdueInQueue"
  | "overdueTasks"
  | "dueConfirmations"
  | "expiredKeys"
  | "expiredTasks"
  | "expiredTombstones"
  | "nextDueAt"
>;

export const shelfReads = (tables: ShelfTables): ShelfReads => ({
  ...rowReads(tables),
  ...dueReads(tables),
  ...otherReads(tables),
});

const rowReads = (tables: ShelfTables): RowReads => ({
  task(taskId) {
    return tables.tasks.get(taskId);
  },
  salvage(taskId) {
    return tables.tasks.salvage(taskId);
  },
  lease(taskId) {
    return tables.leases.get(taskId);
  },
  attempt(taskId, attempt) {
    return tables.attempts.get(taskId, attempt);
  },
  attemptFacts(taskId, attempt) {
    return tables.attempts.get(taskId, attempt);
  },
  queue(queue) {
    return tables.queues.get(queue);
  },
  queues() {
    return tables.queues.all();
  },
  key(scope, key) {
    return tables.keys.get(scope, key);
  },
  confirmation(callbackId) {
    return tables.confirmations.get(callbackId);
  },
  confirmationsOf(taskId) {
    return tables.confirmations.ofTask(taskId);
  },
  openConfirmations(userId, max) {
    return tables.confirmations.open(userId, max);
  },
  tombstone(taskId) {
    return tables.keys.stone(taskId);
  },
});

const dueReads = (tables: ShelfTables): DueReads => ({
  readyKinds(queue) {
    return tables.ready.kinds(queue);
  },
  readyLanes(queue, kind, max) {
    return tables.ready.lanes(queue, kind, max);
  },
  ready(queue, needs, max) {
    return tables.ready.first(queue, needs, max);
  },
  worstEvictable(queue) {
    return tables.ready.worst(queue);
  },
  pendingOfUser(queue, userId) {
    return tables.users.get(queue, userId);
  },
  fairTime(queue, fairKey) {
    return tables.fair.get(queue, fairKey);
  },
  leasesOfNode(node) {
    return tables.leases.ofNode(node);
  },
  childrenOf(taskId) {
    tables.settle();
    return tables.children.all(taskId);
  },
  dueTasks(due) {
    tables.settle();
    return tables.due.due("scheduled", due);
  },
  expiredLeases(due) {
    return tables.leases.expired(due);
  },
  overdueAttempts(due) {
    return tables.leases.overdue(due);
  },
  overdueInQueue(due) {
    tables.settle();
    return tables.due.due("inQueue", due);
  },
  overdueTasks(due) {
    tables.settle();
    return tables.due.due("whole", due);
  },
  dueConfirmations(due) {
    return tables.confirmations.due(due);
  },
  expiredKeys(due) {
    // Those that are damaged go at once.
    tables.writes();
    return tables.keys.expired(due);
  },
  expiredTasks(due) {
    tables.settle();
    return tables.due.due("forgotten", due);
  },
  expiredTombstones(due) {
    return tables.keys.expiredStones(due);
  },
  nextDueAt() {
    tables.settle();
    const times = [
      ...tables.due.nextTimes(),
      ...tables.keys.nextTimes(),
      tables.confirmations.nextAt(),
      tables.leases.nextAt(),
    ].filter((time) => typeof time === "number");
    return times.length === 0 ? null : Math.min(...times);
  },
});

const otherReads = (tables: ShelfTables): Omit<ShelfReads, keyof RowReads | keyof DueReads> => ({
  list(query) {
    tables.settle();
    const taskIds = tables.list.taskIds(query);
    const read = taskIds.map((taskId) => wholeOrDamage(() => tables.tasks.get(taskId)));
    const damaged = read.filter((task) => task instanceof Failure);
    const tasks = read.flatMap((task) =>
      task === undefined || task instanceof Failure ? [] : [task],
    );
    const last = taskIds.length < query.limit ? undefined : taskIds.at(-1);
    const next = last === undefined ? null : (tables.tasks.arrivalOf(last) ?? null);
    return { tasks, damaged, next };
  },
  inputs(task) {
    return tables.files.inputs(task);
  },
  results(task) {
    return tables.files.results(task);
  },
  head(channel) {
    return tables.events.head(channel);
  },
  events(channel, afterSeq, max) {
    return tables.events.page(channel, afterSeq, max);
  },
  firstKept(channel) {
    return tables.events.firstKept(channel);
  },
  tail(afterEventId, max) {
    return tables.events.tail(afterEventId, max);
  },
  lastEventId() {
    return tables.sequences.last("event_id");
  },
});
