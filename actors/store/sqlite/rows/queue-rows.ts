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
  // Last: it came with a later step, and where it is null the checksum leaves it out.
  fairWeights: "fair_weights",
} as const satisfies Record<keyof QueueRecord, string>;

export type QueueField = keyof QueueRecord;
const isField = (name: string): name is QueueField => name in columns;
const fields: readonly QueueField[] = Object.keys(columns).filter(isField);

/** `of`: the fields whose columns are there. Those that a later step adds are null until then. */
const statementsOf = (of: readonly QueueField[]) => ({
  all: `SELECT ${of.map((field) => `${columns[field]} AS "${field}"`).join(", ")}, crc32
    FROM queues ORDER BY queue`,
  put: `INSERT OR REPLACE INTO queues (${of.map((field) => columns[field]).join(", ")}, crc32)
    VALUES (${of.map(() => "?").join(", ")}, ?)`,
});

export const queueStatements = statementsOf(fields);

export type QueueRow = Omit<
  QueueRecord,
  "isPaused" | "isKeyRequired" | "retry" | "window" | "runs" | "fairWeights"
> & {
  readonly isPaused: number;
  readonly isKeyRequired: number;
  readonly retry: string;
  readonly window: string;
  readonly runs: string;
  readonly fairWeights: string | null;
  readonly crc32: number;
};

/** What had no weights before there were weights keeps the checksum that it had then. */
const checksumOf = (values: readonly Stored[]): number => checksum(checked(values));

const checked = (values: readonly Stored[]): readonly Stored[] =>
  values.at(-1) === null ? values.slice(0, -1) : values;

export class QueueRows {
  readonly #all: Statement<[], QueueRow>;
  readonly #put: Statement;
  readonly #fields: readonly QueueField[];
  /** A row that is damaged stands as what its reading fails with. */
  #queues: Map<string, QueueRecord | Error> | undefined;
  readonly #unwritten = new Set<string>();
  /** What the call in hand has replaced, newest last. */
  #replaced: { readonly queue: string; readonly former: QueueRecord | Error | undefined }[] = [];

  /** `without`: fields whose columns a later step of the schema adds. */
  constructor(database: Database, without: readonly QueueField[] = []) {
    this.#fields = fields.filter((field) => !without.includes(field));
    const { all, put } = statementsOf(this.#fields);
    this.#all = database.prepare<[], QueueRow>(all);
    this.#put = database.prepare(put);
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
      const record = this.#get(queue);
      const values = this.#fields.map((field) => stored(record[field]));
      this.#put.run([...values, checksumOf(values)]);
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
    checkRow(`the queue "${row.queue}"`, { values: checked(values) }, row.crc32);
    const { crc32, ...plain } = row;
    return {
      ...plain,
      isPaused: row.isPaused === 1,
      isKeyRequired: row.isKeyRequired === 1,
      retry: JSON.parse(row.retry),
      window: JSON.parse(row.window),
      runs: JSON.parse(row.runs),
      fairWeights: row.fairWeights === null ? null : JSON.parse(row.fairWeights),
    };
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}
