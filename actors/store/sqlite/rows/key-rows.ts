// Idempotency keys, and the stones that say that a task was there.
import type { Database, Statement } from "better-sqlite3";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import type { KeyRecord, TombstoneRecord } from "../../records.ts";
import type { Due } from "../../shelf.ts";
import { checkRow, type Stored } from "./stored-values.ts";

export const keySelection = `SELECT scope, key, fingerprint, task_id AS taskId, ack_level AS ack,
  created_at AS createdAt, expires_at AS expiresAt, crc32 FROM idempotency_keys`;

export const keyStatements = {
  get: `${keySelection} WHERE scope = ? AND key = ?`,
  put: `INSERT OR REPLACE INTO idempotency_keys (scope, key, fingerprint, task_id, ack_level,
      created_at, expires_at, crc32) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  remove: "DELETE FROM idempotency_keys WHERE scope = ? AND key = ?",
  expired: `${keySelection} INDEXED BY idempotency_expiry
    WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  nextAt: "SELECT min(expires_at) FROM idempotency_keys",
  stone:
    "SELECT task_id AS taskId, expires_at AS expiresAt, crc32 FROM tombstones WHERE task_id = ?",
  putStone: "INSERT OR REPLACE INTO tombstones (task_id, expires_at, crc32) VALUES (?, ?, ?)",
  removeStone: "DELETE FROM tombstones WHERE task_id = ?",
  expiredStones: `SELECT task_id FROM tombstones INDEXED BY tombstones_expiry
    WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  nextStoneAt: "SELECT min(expires_at) FROM tombstones",
} as const;

export type KeyRow = KeyRecord & { readonly crc32: number };
export type StoneRow = TombstoneRecord & { readonly crc32: number };

export const keyValues = (key: KeyRecord): Stored[] => [
  key.scope,
  key.key,
  key.fingerprint,
  key.taskId,
  key.ack,
  key.createdAt,
  key.expiresAt,
];

export const stoneValues = (stone: TombstoneRecord): Stored[] => [stone.taskId, stone.expiresAt];

export class KeyRows {
  readonly #get: Statement<[string, string], KeyRow>;
  readonly #put: Statement;
  readonly #remove: Statement<[string, string]>;
  readonly #expired: Statement<[number, number], KeyRow>;
  readonly #nextAt: Statement<[], number | null>;
  readonly #stone: Statement<[string], StoneRow>;
  readonly #putStone: Statement;
  readonly #removeStone: Statement<[string]>;
  readonly #expiredStones: Statement<[number, number], string>;
  readonly #nextStoneAt: Statement<[], number | null>;

  constructor(database: Database) {
    const sql = keyStatements;
    this.#get = database.prepare<[string, string], KeyRow>(sql.get);
    this.#put = database.prepare(sql.put);
    this.#remove = database.prepare<[string, string]>(sql.remove);
    this.#expired = database.prepare<[number, number], KeyRow>(sql.expired);
    this.#nextAt = database.prepare<[], number | null>(sql.nextAt).pluck();
    this.#stone = database.prepare<[string], StoneRow>(sql.stone);
    this.#putStone = database.prepare(sql.putStone);
    this.#removeStone = database.prepare<[string]>(sql.removeStone);
    this.#expiredStones = database.prepare<[number, number], string>(sql.expiredStones).pluck();
    this.#nextStoneAt = database.prepare<[], number | null>(sql.nextStoneAt).pluck();
  }

  get(scope: string, key: string): KeyRecord | undefined {
    const row = this.#get.get(storable(scope), storable(key));
    return row && checkedKey(row);
  }

  put(record: KeyRecord): void {
    const { scope, key } = record;
    const values = keyValues({ ...record, scope: storable(scope), key: storable(key) });
    this.#put.run([...values, checksum(values)]);
  }

  drop({ scope, key }: KeyRecord): void {
    this.#remove.run(storable(scope), storable(key));
  }

  /** A damaged key is past its time for good: nobody could trust what it says. */
  expired({ nowMs, max }: Due): readonly KeyRecord[] {
    const whole: KeyRecord[] = [];
    for (const row of this.#expired.all(nowMs, max)) {
      const { crc32, ...record } = row;
      if (checksum(keyValues(record)) === crc32) whole.push(record);
      else this.#remove.run(row.scope, row.key);
    }
    return whole;
  }

  stone(taskId: string): TombstoneRecord | undefined {
    const row = this.#stone.get(taskId);
    if (!row) return undefined;
    checkStone(row);
    return { taskId, expiresAt: row.expiresAt };
  }

  putStone(stone: TombstoneRecord): void {
    const values = stoneValues(stone);
    this.#putStone.run([...values, checksum(values)]);
  }

  dropStone(taskId: string): void {
    this.#removeStone.run(taskId);
  }

  expiredStones({ nowMs, max }: Due): readonly string[] {
    return this.#expiredStones.all(nowMs, max);
  }

  nextTimes(): readonly (number | null | undefined)[] {
    return [this.#nextAt.get(), this.#nextStoneAt.get()];
  }
}

export function checkedKey(row: KeyRow): KeyRecord {
  const { crc32, ...record } = row;
  checkRow(`the idempotency key "${row.key}"`, { values: keyValues(record) }, crc32);
  return record;
}

export const checkStone = (row: StoneRow): void =>
  checkRow(`the tombstone of task ${row.taskId}`, { values: stoneValues(row) }, row.crc32);
