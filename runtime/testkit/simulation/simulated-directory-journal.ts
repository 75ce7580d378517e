// The directory's journal on a simulated disk: one record a commit, each with a checksum. As in the real
// one, commits that come while one is written go together into the next, and when a write fails, all
// that wait behind it fail too: nothing is kept that rests on what may be missing.
import { Failure } from "#protocols/failure.ts";
import type {
  DirectoryJournal,
  DirectoryRow,
} from "#runtime/cluster/directory/directory-journal.ts";
import { summed, unsummed } from "./checked-bytes.ts";
import type { Disk } from "./simulated-disk.ts";

const prefix = "directory/";

interface Group {
  readonly rows: DirectoryRow[];
  readonly written: Promise<void>;
}

export class SimulatedDirectoryJournal implements DirectoryJournal {
  readonly #disk: Disk;
  #nextNumber = 1;
  /** The write in progress, and the group that goes into the next one. */
  #writing: Promise<void> = Promise.resolve();
  #gathering: Group | undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async load(): Promise<readonly DirectoryRow[]> {
    await this.#writing.catch(() => {});
    this.#writing = Promise.resolve();
    const keys = await this.#disk.keys(prefix);
    const records = await Promise.all(keys.map((key) => this.#disk.read(key)));
    const rows = new Map<string, DirectoryRow>();
    for (const record of records) {
      for (const row of rowsOf(record)) {
        if (row.value === undefined) rows.delete(row.key);
        else rows.set(row.key, row);
      }
    }
    this.#nextNumber = Number(keys.at(-1)?.slice(prefix.length) ?? 0) + 1;
    return [...rows.values()];
  }

  commit(rows: readonly DirectoryRow[]): Promise<void> {
    if (this.#gathering) {
      this.#gathering.rows.push(...rows);
      return this.#gathering.written;
    }
    const gathered = [...rows];
    const written = this.#writing.then(() => {
      this.#gathering = undefined;
      return this.#write(gathered);
    });
    this.#writing = written;
    this.#gathering = { rows: gathered, written };
    written.catch(() => {
      if (this.#gathering?.written === written) this.#gathering = undefined;
    });
    return written;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #write(rows: readonly DirectoryRow[]): Promise<void> {
    const key = `${prefix}${String(this.#nextNumber++).padStart(10, "0")}`;
    return this.#disk.write(key, summed(Buffer.from(JSON.stringify(rows))));
  }
}

function rowsOf(record: Uint8Array | undefined): readonly DirectoryRow[] {
  const bytes = unsummed(record);
  const rows: unknown = bytes && JSON.parse(Buffer.from(bytes).toString());
  if (Array.isArray(rows) && rows.every(isRow)) return rows;
  const text = "a record of the directory does not fit its checksum: restore the disk from a copy";
  throw new Failure("corrupt", text);
}

const isRow = (row: unknown): row is DirectoryRow =>
  typeof row === "object" && row !== null && "key" in row && typeof row.key === "string";
