// A store on a real file in a folder of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { SqlitePersistence } from "#runtime/stores/sqlite-persistence.ts";

/** A path in a folder that is removed when the test ends. */
export function journalPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "journal.db");
}

export async function openStore(t: TestContext, path: string): Promise<SqlitePersistence> {
  const store = await SqlitePersistence.open(path);
  t.after(() => store.close());
  return store;
}
