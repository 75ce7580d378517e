// What the store says of itself: by its epoch, its fences are told from those of another store.
import { randomBytes } from "node:crypto";
import type { Database } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import { checkRow } from "./stored-values.ts";

export interface MetaRow {
  readonly key: string;
  readonly value: string;
  readonly crc32: number;
}

export const metaChecksum = (key: string, value: string): number => checksum([key, value]);

export const checkMeta = ({ key, value, crc32 }: MetaRow): void =>
  checkRow(`what the store says of its ${key}`, { values: [key, value] }, crc32);

export const readMeta = (database: Database, key: string): MetaRow | undefined =>
  database.prepare<[string], MetaRow>("SELECT key, value, crc32 FROM meta WHERE key = ?").get(key);

/** Fails with `corrupt` when it is missing or damaged. */
export function readEpoch(database: Database): string {
  const row = readMeta(database, "store_epoch");
  if (!row) throw new Failure("corrupt", `${database.name} has no epoch; restore a backup`);
  checkMeta(row);
  return row.value;
}

/** From now on, no lease that was given before holds. Answers the new epoch. */
export function renewEpoch(database: Database): string {
  const epoch = randomBytes(16).toString("hex");
  setMeta(database, "store_epoch", epoch);
  return epoch;
}

export function setMeta(database: Database, key: string, value: string): void {
  database
    .prepare("INSERT OR REPLACE INTO meta (key, value, crc32) VALUES (?, ?, ?)")
    .run(key, value, metaChecksum(key, value));
}
