// A backup of a store that works, killed at any instant: there is a whole copy or none, never a part
// under the copy's name, and the store does not notice.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { restoreStore } from "#actors/store/sqlite/files/store-restore.ts";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { inspect } from "#actors/store/sqlite/store-inspection.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";
import { temporaryFolder } from "../sqlite/sqlite-store-fixture.ts";
import { file, submission } from "../submissions.ts";
import { ChildStore } from "./child-store.ts";
import { crashPlan } from "./crash-plan.ts";

const troupe = fileURLToPath(new URL("../../../../nodes/troupe.mjs", import.meta.url));
const tasksBefore = 100;

const inputs = [file("image", 100_000)];
const submit = (store: ChildStore) =>
  store.call({ method: "submit", args: [submission({ inputs })] });

/** Milliseconds that it took, and whether it came to its end. */
async function backup(path: string, to: string, killAfterMs: number) {
  const begun = performance.now();
  const child = spawn(process.execPath, [troupe, "store", "backup", path, to], { stdio: "ignore" });
  const ended = once(child, "exit");
  const stop = new AbortController();
  void delay(killAfterMs, undefined, { signal: stop.signal }).then(
    () => child.kill("SIGKILL"),
    () => {},
  );
  const [status] = await ended;
  stop.abort();
  return { tookMs: performance.now() - begun, isDone: status === 0 };
}

/** Tasks in the store that the backup becomes. */
async function restoredTasks(from: string, path: string): Promise<number> {
  await restoreStore({ from, path, former: "refuse", nowMs: Date.now() });
  assert.deepEqual(inspect({ path, nowMs: Date.now() }), []);
  const store = SqliteStore.open({ path, nowMs: Date.now(), makeId: () => "unused" });
  const [answer] = store.run([{ method: "counts", args: [] }], Date.now());
  store.close();
  assert.ok(answer?.kind === "done");
  const { value } = answer;
  assert.ok(value !== null && typeof value === "object" && "pending" in value);
  return Number(value.pending);
}

test("a backup that is killed at any instant is a whole one or none, and the store goes on", async (t) => {
  const { seed, kills } = crashPlan();
  const random = randomOf(seed, "backups");
  const folder = temporaryFolder(t);
  const path = join(folder, "tasks.db");
  const store = await new ChildStore("sqlite").loaded();
  t.after(() => store.kill());
  await store.open({ kind: "sqlite", path });
  for (let count = 0; count < tasksBefore; count += 1) await submit(store);
  const whole = await backup(path, join(folder, "whole.backup"), 60_000);
  assert.ok(whole.isDone);
  assert.equal(
    await restoredTasks(join(folder, "whole.backup"), join(folder, "whole.db")),
    tasksBefore,
  );

  let acknowledged = tasksBefore;
  let isOver = false;
  const work = (async () => {
    for (; !isOver; acknowledged += 1) await submit(store);
  })();
  let copies = 0;
  for (let kill = 0; kill < Math.max(3, Math.ceil(kills / 10)); kill += 1) {
    const to = join(folder, `${kill}.backup`);
    const before = acknowledged;
    await backup(path, to, whole.tookMs * (0.6 + random.next()));
    if (!existsSync(to)) continue;
    copies += 1;
    const found = await restoredTasks(to, join(folder, `${kill}.db`));
    assert.ok(found >= before && found <= acknowledged + 1, `${found} of ${before} and more`);
    for (const each of [to, join(folder, `${kill}.db`)]) rmSync(each);
  }
  isOver = true;
  await work;
  t.diagnostic(`seed ${seed}: ${copies} backups were whole`);
  assert.equal((await store.call({ method: "counts", args: [] })).pending, acknowledged);
  assert.deepEqual(inspect({ path, nowMs: Date.now() }), []);
});
