// The store in SQLite for the promises that every store keeps: a file in a folder of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreFixture } from "../contract/store-fixture.ts";
import { DirectBackend } from "./direct-backend.ts";

const startMs = 1_750_000_000_000;

export const sqliteFixture: StoreFixture = {
  name: "sqlite",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "store-"));
    let nowMs = startMs;
    let ids = 0;
    const makeId = (): string => {
      ids += 1;
      return `id-${ids}`;
    };
    const open = () =>
      new DirectBackend({ path: join(folder, "tasks.db"), nowMs: () => nowMs, makeId });
    let backend = open();
    return {
      backend,
      nowMs: async () => nowMs,
      pass: async (ms) => {
        nowMs += ms;
      },
      reopen: async () => {
        await backend.close();
        backend = open();
        return backend;
      },
      end: async () => {
        await backend.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
