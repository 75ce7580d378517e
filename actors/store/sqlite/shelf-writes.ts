// How the shelf in SQLite writes. Most of it is gathered in memory until the batch ends; what goes to the
// file at once says so first.
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { ShelfWrites } from "../shelf.ts";
import { forgetRows, type ShelfTables } from "./shelf-tables.ts";

/** Told before each write. */
export interface WriteWatch {
  /** Something changes in memory. */
  gathers(): void;
  /** The file changes: from here on, the call can be undone in it. */
  writes(): void;
}

type TaskWrites = Pick<
  ShelfWrites,
  | "next"
  | "putTask"
  | "dropTask"
  | "putLease"
  | "dropLease"
  | "putAttempt"
  | "putQueue"
  | "putKey"
  | "dropKey"
>;

export const shelfWrites = (tables: ShelfTables, watch: WriteWatch): ShelfWrites => ({
  ...taskWrites(tables, watch),
  ...otherWrites(tables, watch),
});

const taskWrites = (tables: ShelfTables, watch: WriteWatch): TaskWrites => ({
  next(sequence) {
    watch.gathers();
    return tables.sequences.next(sequence);
  },
  putTask(task, former) {
    watch.gathers();
    if (!former) {
      tables.tasks.insert(task);
      tables.events.begin(channelOf.task(task.taskId));
    } else if (tables.tasks.isDamaged(task.taskId)) {
      watch.writes();
      tables.settle();
      tables.tasks.replace(task);
      // It may stand in memory under another place than it says.
      forgetRows(tables);
    } else {
      tables.tasks.update(task, former);
    }
    tables.ready.changed(task, former);
    tables.users.changed(task, former);
  },
  dropTask(task) {
    watch.writes();
    tables.settle();
    const { taskId } = task;
    tables.files.removeInputs(taskId);
    tables.files.removeResults(taskId);
    tables.attempts.removeOf(taskId);
    tables.confirmations.removeOf(taskId);
    tables.leases.remove(taskId);
    tables.trim.dropTask(taskId);
    tables.tasks.remove(taskId);
    tables.ready.changed(undefined, task);
    tables.users.changed(undefined, task);
    const parent = task.parentId === null ? undefined : tables.tasks.salvage(task.parentId);
    if (parent) tables.ready.childless(parent);
  },
  putLease(lease) {
    watch.gathers();
    tables.leases.put(lease);
  },
  dropLease(lease) {
    watch.gathers();
    tables.leases.drop(lease);
  },
  putAttempt(attempt) {
    watch.gathers();
    tables.attempts.put(attempt);
  },
  putQueue(queue) {
    watch.gathers();
    tables.queues.put(queue);
  },
  putKey(key) {
    watch.writes();
    tables.keys.put(key);
  },
  dropKey(key) {
    watch.writes();
    tables.keys.drop(key);
  },
});

const otherWrites = (
  tables: ShelfTables,
  watch: WriteWatch,
): Omit<ShelfWrites, keyof TaskWrites> => ({
  putConfirmation(confirmation) {
    watch.writes();
    tables.confirmations.put(confirmation);
  },
  putTombstone(tombstone) {
    watch.writes();
    tables.keys.putStone(tombstone);
  },
  dropTombstone(taskId) {
    watch.writes();
    tables.keys.dropStone(taskId);
  },
  setFairTime(queue, fairKey, virtualMs) {
    watch.writes();
    tables.fair.set(queue, fairKey, virtualMs);
  },
  putInputs(taskId, files) {
    watch.writes();
    tables.files.putInputs(taskId, files);
  },
  dropInputs(taskId) {
    watch.writes();
    tables.files.removeInputs(taskId);
  },
  putResults(taskId, fence, files) {
    watch.writes();
    tables.files.putResults(taskId, fence, files);
  },
  append(event, nowMs) {
    watch.gathers();
    const appended = tables.events.append(event, nowMs);
    tables.trim.grew(appended.channel, appended.seq);
    return appended;
  },
  trimEvents(terms) {
    watch.writes();
    tables.events.write();
    return tables.trim.trim(terms);
  },
});
