// How the shelf in SQLite writes. `wrote` is called with each write.
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { ShelfWrites } from "../shelf.ts";
import { forgetRows, type ShelfTables } from "./shelf-tables.ts";

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

export const shelfWrites = (tables: ShelfTables, wrote: () => void): ShelfWrites => ({
  ...taskWrites(tables, wrote),
  ...otherWrites(tables, wrote),
});

const taskWrites = (tables: ShelfTables, wrote: () => void): TaskWrites => ({
  next(sequence) {
    wrote();
    return tables.sequences.next(sequence);
  },
  putTask(task, former) {
    wrote();
    if (former) {
      const isSound = tables.tasks.update(task, former);
      // A damaged row may stand in memory under another place than it says.
      if (!isSound) forgetRows(tables);
    } else {
      tables.tasks.insert(task);
      tables.events.begin(channelOf.task(task.taskId));
    }
    tables.ready.changed(task, former);
    tables.users.changed(task, former);
  },
  dropTask(task) {
    wrote();
    const { taskId } = task;
    tables.files.removeInputs(taskId);
    tables.files.removeResults(taskId);
    tables.attempts.removeOf(taskId);
    tables.confirmations.removeOf(taskId);
    tables.leases.drop(taskId);
    tables.trim.dropTask(taskId);
    tables.tasks.remove(taskId);
    tables.ready.changed(undefined, task);
    tables.users.changed(undefined, task);
  },
  putLease(lease) {
    wrote();
    tables.leases.put(lease);
  },
  dropLease(lease) {
    wrote();
    tables.leases.drop(lease.taskId);
  },
  putAttempt(attempt) {
    wrote();
    tables.attempts.put(attempt);
  },
  putQueue(queue) {
    wrote();
    tables.queues.put(queue);
  },
  putKey(key) {
    wrote();
    tables.keys.put(key);
  },
  dropKey(key) {
    wrote();
    tables.keys.drop(key);
  },
});

const otherWrites = (
  tables: ShelfTables,
  wrote: () => void,
): Omit<ShelfWrites, keyof TaskWrites> => ({
  putConfirmation(confirmation) {
    wrote();
    tables.confirmations.put(confirmation);
  },
  putTombstone(tombstone) {
    wrote();
    tables.keys.putStone(tombstone);
  },
  dropTombstone(taskId) {
    wrote();
    tables.keys.dropStone(taskId);
  },
  setFairTime(queue, fairKey, virtualMs) {
    wrote();
    tables.fair.set(queue, fairKey, virtualMs);
  },
  putInputs(taskId, files) {
    wrote();
    tables.files.putInputs(taskId, files);
  },
  dropInputs(taskId) {
    wrote();
    tables.files.removeInputs(taskId);
  },
  putResults(taskId, fence, files) {
    wrote();
    tables.files.putResults(taskId, fence, files);
  },
  append(event, nowMs) {
    wrote();
    const appended = tables.events.append(event, nowMs);
    tables.trim.grew(appended.channel, appended.seq);
    return appended;
  },
  trimEvents(terms) {
    wrote();
    tables.events.write();
    return tables.trim.trim(terms);
  },
});
