// A SQLite store in a folder of its own.
import { join } from "node:path";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { ownFolder } from "./troupe-queue.ts";

export const openSqlite = (): Promise<SqliteBackend> =>
  SqliteBackend.open({ path: join(ownFolder(), "tasks.sqlite") });
