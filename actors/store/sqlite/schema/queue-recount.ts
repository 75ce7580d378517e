// Makes the rows of queues from the tasks that are there: after a conversion or an import, when nobody
// has counted yet. What was set of a queue before stays.
import type { Database } from "better-sqlite3";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import { blankQueue } from "../../decisions/blank-queue.ts";
import { counterOf, isWaiting, queueGauges } from "../../decisions/queue-counters.ts";
import type { Draft, QueueRecord } from "../../records.ts";
import { storePolicyDefault } from "../../store-policy.ts";
import { type QueueField, QueueRows } from "../rows/queue-rows.ts";

interface Part {
  readonly queue: string;
  readonly status: TaskStatus;
  readonly count: number;
  readonly bytes: number;
}

/** `without`: what the rows do not have yet, as a later step of the schema adds it. */
export function recountQueues(
  database: Database,
  { nowMs, without = [] }: { readonly nowMs: number; readonly without?: readonly QueueField[] },
): void {
  const parts = database
    .prepare<[], Part>(
      `SELECT queue, status, count(*) AS count, total(payload_bytes) AS bytes
        FROM tasks GROUP BY queue, status`,
    )
    .all();
  const table = new QueueRows(database, without);
  const names = new Set([...table.names(), ...parts.map(({ queue }) => queue)]);
  for (const name of names) {
    const queue: Draft<QueueRecord> = {
      ...(table.get(name) ?? blankQueue(name, { policy: storePolicyDefault, nowMs })),
    };
    for (const figure of queueGauges) queue[figure] = 0;
    for (const part of parts) {
      if (part.queue !== name) continue;
      queue[counterOf[part.status]] += part.count;
      if (isWaiting(part.status)) queue.pendingBytes += part.bytes;
    }
    table.put(queue);
  }
  table.write();
}
