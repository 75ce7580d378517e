// A real process owns its store's file until it ends, however it ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { temporaryFolder } from "./sqlite-store-fixture.ts";

test("a second process is refused with the owner's pid until the owner is killed", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const script = fileURLToPath(new URL("./sqlite-store-process.ts", import.meta.url));
  const owner = spawn(
    process.execPath,
    ["--import", "#runtime/host/typescript-loader.mjs", script, path],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  t.after(() => owner.kill("SIGKILL"));
  const [opened] = await once(createInterface({ input: owner.stdout }), "line");
  assert.equal(opened, "opened");
  const open = () => SqliteStore.open({ path, nowMs: Date.now(), makeId: () => "unused" });
  assert.throws(open, { code: "store_failed", message: new RegExp(`pid ${owner.pid}`) });
  const hasEnded = once(owner, "exit");
  owner.kill("SIGKILL");
  await hasEnded;
  open().close();
});
