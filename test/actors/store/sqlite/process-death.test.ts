// Kills a real process that works on a store, again and again, and looks at what is left.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { file, temporaryFolder } from "./sqlite-store-fixture.ts";

const killCount = 20;

function startStore(t: TestContext, path: string, mode: "work" | "feed") {
  const script = fileURLToPath(new URL("./sqlite-store-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, path, mode], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const drained = once(reader, "close");
  const said = async (count: number): Promise<void> => {
    const died = () => assert.fail(`it ended after ${lines.length} lines of ${count}`);
    while (lines.length < count) await Promise.race([once(reader, "line"), drained.then(died)]);
  };
  return { child, lines, said, drained };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("no kill loses an acknowledged task, and none is completed twice", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const submitted = new Set<string>();
  const completed = new Map<string, number>();
  for (let round = 0; round < killCount; round += 1) {
    const { child, lines, said, drained } = startStore(t, path, "work");
    // Each kill comes two acknowledgements later than the one before, on any machine.
    await said(1 + 2 * round);
    // Chance is the point here: the kill hits any instant of submitting, claiming and completing.
    await delay(Math.random() * 20);
    await kill(child);
    await drained;
    for (const line of lines) {
      const [kind, taskId = "", fence] = line.split(" ");
      if (kind === "S") submitted.add(taskId);
      if (kind !== "C") continue;
      assert.ok(!completed.has(taskId), `${taskId} was completed twice`);
      completed.set(taskId, Number(fence));
    }
  }
  t.diagnostic(`${submitted.size} submissions and ${completed.size} completions acknowledged`);
  assert.ok(submitted.size > killCount && completed.size > killCount);
  const thread = await SqliteBackend.open({ path });
  t.after(() => thread.close());
  assert.deepEqual(await thread.call({ method: "check", args: [] }), { problems: [] });
  for (const taskId of submitted) {
    assert.ok(await thread.call({ method: "view", args: [taskId] }), `${taskId} is gone`);
  }
  for (const taskId of completed.keys()) {
    const outcome = await thread.call({ method: "outcome", args: [taskId] });
    assert.ok(outcome?.status === "completed" && outcome.result.figures.taskId === taskId);
    const [result] = outcome.result.files;
    assert.ok(
      result && Buffer.from(result.bytes).equals(file("image", result.bytes.byteLength).bytes),
    );
  }
});

test("a second process is refused with the owner's pid until the owner is killed", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const { child, said } = startStore(t, path, "feed");
  await said(1);
  const open = () => SqliteStore.open({ path, nowMs: Date.now(), makeId: () => "unused" });
  assert.throws(open, { code: "store_failed", message: new RegExp(`pid ${child.pid}`) });
  await kill(child);
  open().close();
});
