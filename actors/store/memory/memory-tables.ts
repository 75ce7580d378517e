// The tables of a store in memory, empty.
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { AttemptRecord, KeyRecord, QueueRecord, TombstoneRecord } from "../records.ts";
import { ConfirmationTable } from "./confirmation-table.ts";
import { EventTable } from "./event-table.ts";
import { LeaseTable } from "./lease-table.ts";
import { RowTable } from "./row-table.ts";
import { TaskTable } from "./task-table.ts";

export interface FairTime {
  readonly queue: string;
  readonly fairKey: string;
  readonly virtualMs: number;
}

export interface StoredFiles {
  readonly taskId: string;
  readonly files: readonly TaskFile[];
}

/** One name of two parts, which no other two parts make. */
export const pair = (a: string, b: string | number): string => `${a.length}:${a}${b}`;

export const newTables = () => ({
  tasks: new TaskTable(),
  leases: new LeaseTable(),
  confirmations: new ConfirmationTable(),
  events: new EventTable(),
  attempts: new RowTable<AttemptRecord>({ id: ({ taskId, attempt }) => pair(taskId, attempt) }),
  queues: new RowTable<QueueRecord>({ id: ({ queue }) => queue }),
  keys: new RowTable<KeyRecord>({
    id: ({ scope, key }) => pair(scope, key),
    at: ({ expiresAt }) => expiresAt,
  }),
  tombstones: new RowTable<TombstoneRecord>({
    id: ({ taskId }) => taskId,
    at: ({ expiresAt }) => expiresAt,
  }),
  fairTimes: new RowTable<FairTime>({
    id: ({ queue, fairKey }) => pair(queue, fairKey),
    at: ({ virtualMs }) => virtualMs,
  }),
  inputs: new RowTable<StoredFiles>({ id: ({ taskId }) => taskId }),
  results: new RowTable<StoredFiles>({ id: ({ taskId }) => taskId }),
});

type Tables = ReturnType<typeof newTables>;

/** When the soonest of all that is due by some time is; null when nothing is. */
export function nextTimeOf({ tasks, leases, confirmations, keys, tombstones }: Tables) {
  const { due, overdueInQueue, overdue, expired } = tasks;
  const indexes = [due, overdueInQueue, overdue, expired, confirmations, keys, tombstones];
  const times = [...indexes.map(({ nextAt }) => nextAt), ...leases.nextTimes];
  const known = times.filter((at) => at !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
