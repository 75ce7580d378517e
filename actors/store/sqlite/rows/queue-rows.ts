// Queues with their counts. All are in memory; a batch writes each queue that it changed once, before
// it commits. What a call of the batch that is undone had changed is put back.
import type { Database, Statement } from "better-sqlite3";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import type { QueueRecord } from "../../records.ts";
import { checkRow, type Stored, stored } from "./stored-values.ts";

const columns = {
  queue: "queue",
  isPaused: "paused",
  pendingMax: "max_pending",
  pendingBytesMax: "max_pending_bytes",
  perUserMax: "max_per_user",
  whenFull: "overflow_policy",
  agingMsPerLevel: "aging_ms_per_level",
  fairMs: "fair_ms",
  leaseMs: "lease_ms",
  retry: "retry_policy",
  completedTtlMs: "completed_ttl_ms",
  failedTtlMs: "failed_ttl_ms",
  isKeyRequired: "key_required",
  scheduled: "scheduled_count",
  pending: "pending_count",
  pendingBytes: "pending_bytes",
  running: "running_count",
  waitingConfirmation: "waiting_confirmation_count",
  completedTotal: "completed_total",
  failedTotal: "failed_total",
  cancelledTotal: "cancelled_total",
  timedOutTotal: "timed_out_total",
  evictedTotal: "evicted_total",
  window: "rates",
  runs: "runs",
} as const satisfies Record<keyof QueueRecord, string>;

type QueueField = keyof QueueRecord;
const isField = (name: string): name is QueueField => name in columns;
const fields: readonly QueueField[] = Object.keys(columns).filter(isField);

const selection = [
  ...Object.entries(columns).map(([field, column]) => `${column} AS "${field}"`),
  "crc32",
].join(", ");

export const queueStatements = {
  all: `SELECT ${selection} FROM queues ORDER BY queue`,
  put: `INSERT OR REPLACE INTO queues (${fields.map((field) => columns[field]).join(", ")}, crc32)
    VALUES (${fields.map(() => "?").join(", ")}, ?)`,
} as const;

export type QueueRow = Omit<
  QueueRecord,
  "isPaused" | "isKeyRequired" | "retry" | "window" | "runs"
> & {
  readonly isPaused: number;
  readonly isKeyRequired: number;
  readonly retry: string;
  readonly window: string;
  readonly runs: string;
  readonly crc32: number;
};

export const queueValues = (queue: QueueRecord): Stored[] =>
  fields.map((field) => stored(queue[field]));

export class QueueRows {
  readonly #all: Statement<[], QueueRow>;
  readonly #put: Statement;
  /** A row that is damaged stands as what its reading fails with. */
  #queues: Map<string, QueueRecord | Error> | undefined;
  readonly #unwritten = new Set<string>();
  /** What the call in hand has replaced, newest last. */
  #replaced: { readonly queue: string; readonly former: QueueRecord | Error | undefined }[] = [];

  constructor(database: Database) {
    this.#all = database.prepare<[], QueueRow>(queueStatements.all);
    this.#put = database.prepare(queueStatements.put);
  }

  get(queue: string): QueueRecord | undefined {
    const found = this.#loaded().get(queue);
    if (found instanceof Error) throw found;
    return found;
  }

  all(): readonly QueueRecord[] {
    return this.names().flatMap((queue) => this.get(queue) ?? []);
  }

  names(): readonly string[] {
    return [...this.#loaded().keys()].sort();
  }

  put(record: QueueRecord): void {
    const queues = this.#loaded();
    const { queue } = record;
    this.#replaced.push({ queue, former: queues.get(queue) });
    queues.set(queue, record);
    this.#unwritten.add(queue);
  }

  /** A call begins: what it changes can be put back. */
  mark(): void {
    if (this.#replaced.length > 0) this.#replaced = [];
  }

  /** Puts back what the call has changed. */
  undo(): void {
    for (const { queue, former } of this.#replaced.reverse()) {
      if (former === undefined) this.#queues?.delete(queue);
      else this.#queues?.set(queue, former);
      if (former === undefined) this.#unwritten.delete(queue);
    }
    this.#replaced = [];
  }

  /** Before the commit. */
  write(): void {
    for (const queue of this.#unwritten) {
      const values = queueValues(this.#get(queue));
      this.#put.run([...values, checksum(values)]);
    }
    this.#unwritten.clear();
  }

  /** Nothing in memory is sure any more. */
  forget(): void {
    this.#queues = undefined;
    this.#unwritten.clear();
    this.#replaced = [];
  }

  #get(queue: string): QueueRecord {
    const found = this.get(queue);
    if (found) return found;
    throw new Error(`the queue "${queue}" was changed, but is not there`);
  }

  #loaded(): Map<string, QueueRecord | Error> {
    if (this.#queues) return this.#queues;
    const queues = new Map<string, QueueRecord | Error>();
    for (const row of this.#all.all()) queues.set(row.queue, recordOrDamage(row));
    this.#queues = queues;
    return queues;
  }
}

export function recordOrDamage(row: QueueRow): QueueRecord | Error {
  try {
    const values = fields.map((field) => row[field]);
    checkRow(`the queue "${row.queue}"`, { values }, row.crc32);
    const { crc32, ...plain } = row;
    return {
      ...plain,
      isPaused: row.isPaused === 1,
      isKeyRequired: row.isKeyRequired === 1,
      retry: JSON.parse(row.retry),
      window: JSON.parse(row.window),
      runs: JSON.parse(row.runs),
    };
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}
