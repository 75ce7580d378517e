// Where the virtual time of each key of a fair queue stands.
import type { Database, Statement } from "better-sqlite3";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import { checkRow } from "./stored-values.ts";

export const fairStatements = {
  get: `SELECT queue, fair_key AS fairKey, virtual_ms AS virtualMs, crc32 FROM fair_times
    WHERE queue = ? AND fair_key = ?`,
  set: "INSERT OR REPLACE INTO fair_times (queue, fair_key, virtual_ms, crc32) VALUES (?, ?, ?, ?)",
  // A time that is long past says nothing: the flow's next task starts from now.
  past: "DELETE FROM fair_times WHERE virtual_ms < ?",
} as const;

export interface FairRow {
  readonly queue: string;
  readonly fairKey: string;
  readonly virtualMs: number;
  readonly crc32: number;
}

export class FairTimes {
  readonly #get: Statement<[string, string], FairRow>;
  readonly #set: Statement;
  readonly #past: Statement<[number]>;

  constructor(database: Database) {
    this.#get = database.prepare<[string, string], FairRow>(fairStatements.get);
    this.#set = database.prepare(fairStatements.set);
    this.#past = database.prepare<[number]>(fairStatements.past);
  }

  get(queue: string, fairKey: string): number {
    const row = this.#get.get(storable(queue), storable(fairKey));
    if (!row) return 0;
    checkFair(row);
    return row.virtualMs;
  }

  set(queue: string, fairKey: string, virtualMs: number): void {
    const values = [storable(queue), storable(fairKey), virtualMs] as const;
    this.#set.run([...values, checksum(values)]);
  }

  dropPast(nowMs: number): void {
    this.#past.run(nowMs);
  }
}

export const checkFair = ({ queue, fairKey, virtualMs, crc32 }: FairRow): void =>
  checkRow(
    `the fair time of "${fairKey}" in the queue "${queue}"`,
    { values: [queue, fairKey, virtualMs] },
    crc32,
  );
