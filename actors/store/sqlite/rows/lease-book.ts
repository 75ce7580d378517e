// The leases. There are as many as workers have slots, so all are in memory too, by task and by node:
// reading one costs nothing, and a heartbeat writes one narrow row without an index. What a batch
// changes is written at its end.
//
// A lease that its row or its task no longer proves is taken as expired long ago: the next sweep gives
// its task to another worker, which is what leases are for.
import type { Database, Statement } from "better-sqlite3";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import type { LeaseRecord } from "../../records.ts";
import type { Due } from "../../shelf.ts";
import { PendingRows } from "./pending-rows.ts";
import { checkRow, type Stored } from "./stored-values.ts";

export const leaseStatements = {
  all: `SELECT task_id AS taskId, fence, attempt, node_id AS node, incarnation,
      granted_at AS grantedAt, expires_at AS expiresAt, attempt_deadline_at AS attemptDeadlineAt,
      renewals, crc32
    FROM leases`,
  put: `INSERT INTO leases (task_id, fence, attempt, node_id, incarnation, granted_at, expires_at,
      attempt_deadline_at, renewals, crc32) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task_id) DO UPDATE SET fence = excluded.fence, attempt = excluded.attempt,
      node_id = excluded.node_id, incarnation = excluded.incarnation,
      granted_at = excluded.granted_at, expires_at = excluded.expires_at,
      attempt_deadline_at = excluded.attempt_deadline_at, renewals = excluded.renewals,
      crc32 = excluded.crc32`,
  remove: "DELETE FROM leases WHERE task_id = ?",
  running: `SELECT task_id AS taskId, fence, attempt, coalesce(assigned_node, '') AS node,
      coalesce(started_at, 0) AS grantedAt
    FROM tasks INDEXED BY tasks_status WHERE queue = ? AND status = 'running'`,
} as const;

export type LeaseRow = LeaseRecord & { readonly crc32: number };

type RunningRow = Pick<LeaseRecord, "taskId" | "fence" | "attempt" | "node" | "grantedAt">;

export const leaseValues = (lease: LeaseRecord): Stored[] => [
  lease.taskId,
  lease.fence,
  lease.attempt,
  lease.node,
  lease.incarnation,
  lease.grantedAt,
  lease.expiresAt,
  lease.attemptDeadlineAt,
  lease.renewals,
];

const isWhole = (row: LeaseRow): boolean => checksum(leaseValues(row)) === row.crc32;

export const checkLease = (row: LeaseRow): void =>
  checkRow(`the lease of task ${row.taskId}`, { values: leaseValues(row) }, row.crc32);

export class LeaseBook {
  readonly #all: Statement<[], LeaseRow>;
  readonly #put: Statement;
  readonly #remove: Statement<[string]>;
  readonly #running: Statement<[string], RunningRow>;
  readonly #queues: () => readonly string[];
  #leases: Map<string, LeaseRecord> | undefined;
  readonly #byNode = new Map<string, Set<string>>();
  /** What the batch in hand has changed: `write` brings it to the file. */
  readonly pending = new PendingRows<LeaseRecord>();

  /** `queues` names all queues, of which those tasks that run are looked up. */
  constructor(database: Database, queues: () => readonly string[]) {
    this.#all = database.prepare<[], LeaseRow>(leaseStatements.all);
    this.#put = database.prepare(leaseStatements.put);
    this.#remove = database.prepare<[string]>(leaseStatements.remove);
    this.#running = database.prepare<[string], RunningRow>(leaseStatements.running);
    this.#queues = queues;
  }

  get(taskId: string): LeaseRecord | undefined {
    return this.#loaded().get(taskId);
  }

  ofNode(node: string): readonly LeaseRecord[] {
    const leases = this.#loaded();
    return [...(this.#byNode.get(node) ?? [])].flatMap((taskId) => leases.get(taskId) ?? []);
  }

  expired(due: Due): readonly LeaseRecord[] {
    return soonest(this.#loaded(), due, ({ expiresAt }) => expiresAt);
  }

  overdue(due: Due): readonly LeaseRecord[] {
    return soonest(this.#loaded(), due, ({ attemptDeadlineAt }) => attemptDeadlineAt);
  }

  /** The earliest expiry or deadline; null without leases. */
  nextAt(): number | null {
    let next: number | null = null;
    for (const { expiresAt, attemptDeadlineAt } of this.#loaded().values()) {
      const at = Math.min(expiresAt, attemptDeadlineAt ?? expiresAt);
      if (next === null || at < next) next = at;
    }
    return next;
  }

  put(lease: LeaseRecord): void {
    const whole = { ...lease, node: storable(lease.node) };
    const leases = this.#loaded();
    const former = leases.get(lease.taskId);
    this.pending.put(lease.taskId, whole, former);
    if (former && former.node !== whole.node) this.#leaveNode(former);
    leases.set(lease.taskId, whole);
    this.#joinNode(whole);
  }

  drop(lease: LeaseRecord): void {
    const { taskId } = lease;
    const leases = this.#loaded();
    const former = leases.get(taskId);
    this.pending.put(taskId, undefined, former ?? lease);
    if (!former) return;
    leases.delete(taskId);
    this.#leaveNode(former);
  }

  /** What is pending goes to the file. */
  write(): void {
    this.pending.write(({ row, stored }, taskId) => {
      if (row) this.#write(row);
      else if (stored) this.#remove.run(taskId);
    });
  }

  /** At once, whatever row it may be. By then nothing may be pending. */
  remove(taskId: string): void {
    this.#remove.run(taskId);
    const former = this.#loaded().get(taskId);
    if (!former) return;
    this.#leases?.delete(taskId);
    this.#leaveNode(former);
  }

  /** What is in memory is not sure any more. */
  forget(): void {
    this.#leases = undefined;
    this.#byNode.clear();
  }

  #loaded(): Map<string, LeaseRecord> {
    if (this.#leases) return this.#leases;
    const leases = new Map<string, LeaseRecord>();
    const whole = new Map<string, LeaseRow>();
    for (const row of this.#all.iterate()) if (isWhole(row)) whole.set(row.taskId, row);
    for (const queue of this.#queues()) {
      for (const running of this.#running.iterate(queue)) {
        const row = whole.get(running.taskId);
        const isProven = row?.fence === running.fence && row.attempt === running.attempt;
        leases.set(running.taskId, isProven ? leaseOf(row) : longExpired(running));
      }
    }
    this.#leases = leases;
    for (const lease of leases.values()) this.#joinNode(lease);
    return leases;
  }

  #write(lease: LeaseRecord): void {
    const values = leaseValues(lease);
    this.#put.run([...values, checksum(values)]);
  }

  #joinNode({ node, taskId }: LeaseRecord): void {
    const held = this.#byNode.get(node);
    if (held) held.add(taskId);
    else this.#byNode.set(node, new Set([taskId]));
  }

  #leaveNode({ node, taskId }: LeaseRecord): void {
    const held = this.#byNode.get(node);
    held?.delete(taskId);
    if (held?.size === 0) this.#byNode.delete(node);
  }
}

const leaseOf = ({ crc32, ...lease }: LeaseRow): LeaseRecord => lease;

const longExpired = (running: RunningRow): LeaseRecord => ({
  ...running,
  incarnation: 1,
  expiresAt: running.grantedAt,
  attemptDeadlineAt: null,
  renewals: 0,
});

function soonest(
  leases: ReadonlyMap<string, LeaseRecord>,
  { nowMs, max }: Due,
  timeOf: (lease: LeaseRecord) => number | null,
): readonly LeaseRecord[] {
  const due: { readonly at: number; readonly lease: LeaseRecord }[] = [];
  for (const lease of leases.values()) {
    const at = timeOf(lease);
    if (at !== null && at <= nowMs) due.push({ at, lease });
  }
  due.sort((a, b) => a.at - b.at || a.lease.fence - b.lease.fence);
  return due.slice(0, max).map(({ lease }) => lease);
}
