// A loss of power may cut the log anywhere behind what was synced: what was acknowledged is before.
import assert from "node:assert/strict";
import { copyFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createStore, file, SqliteStoreFixture, temporaryFolder } from "./sqlite-store-fixture.ts";

test("a log that is cut anywhere behind an acknowledgement keeps what that said", (t) => {
  const store = createStore(t);
  const logPath = `${store.path}-wal`;
  const acknowledged: { readonly taskId: string; readonly logBytes: number }[] = [];
  for (let count = 0; count < 12; count += 1) {
    const taskId = store.submit({ inputs: [file("image", 3_000 * count)] });
    acknowledged.push({ taskId, logBytes: statSync(logPath).size });
  }
  const last = acknowledged.at(-1)?.logBytes ?? 0;
  const folder = temporaryFolder(t);
  const cuts = acknowledged.flatMap(({ logBytes }) => [logBytes, logBytes + 1, logBytes + 5_000]);
  for (const [number, cut] of cuts.filter((bytes) => bytes <= last).entries()) {
    const path = join(folder, `${number}.db`);
    copyFileSync(store.path, path);
    copyFileSync(logPath, `${path}-wal`);
    truncateSync(`${path}-wal`, cut);
    const torn = new SqliteStoreFixture(path, {});
    for (const { taskId, logBytes } of acknowledged) {
      if (logBytes <= cut) assert.equal(torn.view(taskId).status, "pending", `${taskId} at ${cut}`);
    }
    assert.deepEqual(torn.problems(), [], `cut at ${cut}`);
    assert.equal(torn.claim(100).length, torn.counts().running);
    torn.store.close();
  }
});
