// The limit of a durable submission: one row with both files, committed and synced.
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Picture } from "../../test/processes/pictures.ts";

export class RawStore {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<[Buffer, Buffer]>;

  private constructor(database: Database.Database) {
    this.#database = database;
    this.#insert = database.prepare("INSERT INTO files (image, mask) VALUES (?, ?)");
  }

  static open(folder: string): RawStore {
    const database = new Database(join(folder, "raw.sqlite"));
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("CREATE TABLE files (id INTEGER PRIMARY KEY, image BLOB, mask BLOB)");
    return new RawStore(database);
  }

  insert({ image, mask }: Picture): Promise<void> {
    this.#insert.run(image, mask);
    return Promise.resolve();
  }

  close(): void {
    this.#database.close();
  }
}
