// The statements on what actors keep, and each row checked against its checksum when it is read.
import type { Database } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import type { StoredRow } from "#runtime/persistence/journal.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { checksum } from "./checksum.ts";

export interface OwnerRow {
  readonly number: number;
  readonly persistenceId: string;
  readonly fence: number;
  readonly version: number;
}

interface CheckedRow extends StoredRow {
  readonly crc32: number;
}

type Table = "events" | "snapshots";

interface RowKey {
  readonly owner: number;
  readonly sequence: number;
}

const insertInto = (table: Table): string => `INSERT OR REPLACE INTO ${table}
  (owner, sequence, schema_version, bytes, crc32)
  VALUES (:owner, :sequence, :schemaVersion, :bytes, :crc32)`;
const columns = "sequence, schema_version AS schemaVersion, bytes, crc32";

const prepare = (database: Database) => ({
  owner: database.prepare<[string], OwnerRow & { readonly crc32: number }>(
    `SELECT number, persistence_id AS persistenceId, fence, version, crc32 FROM owners
      WHERE persistence_id = ?`,
  ),
  putOwner: database.prepare(
    `INSERT INTO owners (persistence_id, fence, version, crc32)
      VALUES (:persistenceId, :fence, :version, :crc32) ON CONFLICT (persistence_id)
      DO UPDATE SET fence = excluded.fence, version = excluded.version, crc32 = excluded.crc32`,
  ),
  put: {
    // An event is never replaced: a row in its place is damage, and the append fails.
    events: database.prepare(insertInto("events").replace(" OR REPLACE", "")),
    snapshots: database.prepare(insertInto("snapshots")),
  },
  page: database.prepare<[{ owner: number; after: number; limit: number }], CheckedRow>(
    `SELECT ${columns} FROM events WHERE owner = :owner AND sequence > :after
      ORDER BY sequence LIMIT :limit`,
  ),
  newest: database.prepare<[number], CheckedRow>(
    `SELECT ${columns} FROM snapshots WHERE owner = ? ORDER BY sequence DESC LIMIT 1`,
  ),
  newestSequence: database
    .prepare<[number], number>("SELECT coalesce(max(sequence), 0) FROM snapshots WHERE owner = ?")
    .pluck(),
  forget: {
    events: database.prepare("DELETE FROM events WHERE owner = :owner AND sequence <= :sequence"),
    snapshots: database.prepare(
      "DELETE FROM snapshots WHERE owner = :owner AND sequence <= :sequence",
    ),
  },
});

export class JournalRows {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #path: string;

  constructor(database: Database, path: string) {
    this.#statements = prepare(database);
    this.#path = path;
  }

  owner(persistenceId: string): OwnerRow | undefined {
    const row = this.#statements.owner.get(persistenceId);
    if (row && ownerChecksum(row) !== row.crc32) {
      throw this.#corrupt(`the row of ${persistenceId} in owners`);
    }
    return row;
  }

  /** A new owner, or the new fence and version of one that is there. */
  putOwner(owner: Omit<OwnerRow, "number">): void {
    const { persistenceId, fence, version } = owner;
    const crc32 = ownerChecksum(owner);
    this.#statements.putOwner.run({ persistenceId, fence, version, crc32 });
  }

  put(table: Table, owner: OwnerRow, row: StoredRow): void {
    const { sequence, schemaVersion, bytes } = row;
    const crc32 = rowChecksum(owner.persistenceId, row);
    const named = { owner: owner.number, sequence, schemaVersion, bytes, crc32 };
    this.#statements.put[table].run(named);
  }

  /** At least one event, if there is one behind `after`. */
  page(owner: OwnerRow, { after, limit }: { after: number; limit: number }): readonly StoredRow[] {
    const rows: StoredRow[] = [];
    let bytes = 0;
    const found = this.#statements.page.iterate({ owner: owner.number, after, limit });
    for (const row of found) {
      bytes += row.bytes.byteLength;
      if (rows.length > 0 && bytes > persistenceLimits.pageBytesMax) break;
      rows.push(this.#checked("events", owner, row));
    }
    return rows;
  }

  newestSnapshot(owner: OwnerRow): StoredRow | undefined {
    const row = this.#statements.newest.get(owner.number);
    return row && this.#checked("snapshots", owner, row);
  }

  /** Sequence of the newest snapshot; 0 for none. */
  newestSequence(owner: OwnerRow): number {
    return this.#statements.newestSequence.get(owner.number) ?? 0;
  }

  forget(table: Table, key: RowKey): void {
    this.#statements.forget[table].run(key);
  }

  #checked(table: Table, { persistenceId }: OwnerRow, row: CheckedRow): StoredRow {
    const { sequence, schemaVersion, bytes } = row;
    if (rowChecksum(persistenceId, row) === row.crc32) return { sequence, schemaVersion, bytes };
    throw this.#corrupt(`the row ${sequence} of ${persistenceId} in ${table}`);
  }

  #corrupt(what: string): Failure {
    return new Failure("corrupt", `${this.#path}: ${what} fails its checksum; restore a backup`);
  }
}

const ownerChecksum = ({ persistenceId, fence, version }: Omit<OwnerRow, "number">): number =>
  checksum([persistenceId, fence, version]);

const rowChecksum = (persistenceId: string, row: StoredRow): number =>
  checksum([persistenceId, row.sequence, row.schemaVersion], row.bytes);
