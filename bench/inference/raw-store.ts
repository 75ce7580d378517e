// The limit of what is durable: one row with the files of a submission, or a result, committed and synced.
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Picture } from "../../test/processes/pictures.ts";

export class RawStore {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<[Uint8Array, Uint8Array | null]>;

  private constructor(database: Database.Database) {
    this.#database = database;
    this.#insert = database.prepare("INSERT INTO files (image, mask) VALUES (?, ?)");
  }

  /** Makes the file. */
  static open(folder: string, name = "raw.sqlite"): RawStore {
    const database = new Database(join(folder, name));
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("CREATE TABLE files (id INTEGER PRIMARY KEY, image BLOB, mask BLOB)");
    return new RawStore(database);
  }

  insert({ image, mask }: Readonly<Record<keyof Picture, Uint8Array>>): Promise<void> {
    this.#insert.run(image, mask);
    return Promise.resolve();
  }

  insertResult(file: Uint8Array): void {
    this.#insert.run(file, null);
  }

  close(): void {
    this.#database.close();
  }
}
