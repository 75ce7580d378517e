// A crowd at the store with its thread, where many calls share a commit; time is the machine's.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { crowdPromises } from "../contract/crowd-promises.ts";

crowdPromises({
  name: "sqlite with its thread",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "store-"));
    const open = () => SqliteBackend.open({ path: join(folder, "tasks.db") });
    let backend = await open();
    return {
      backend,
      nowMs: async () => Date.now(),
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      reopen: async () => {
        await backend.close();
        backend = await open();
        return backend;
      },
      end: async () => {
        await backend.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});
