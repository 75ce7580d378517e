import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";

const terms = { hostname: "box", platform: "linux", arch: "x64", leaseMs: 60_000 } as const;

function newPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "records-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, "tasks.db");
}

test("the SQLite store keeps records beside its tasks, for whoever opens it next", async (t) => {
  const path = newPath(t);
  const first = await SqliteBackend.open({ path });
  const all = await Promise.all(
    ["a", "b", "c"].map((node) =>
      first.call({ method: "registerNode", args: [{ node, ...terms }] }),
    ),
  );
  assert.ok(all.every(({ kind }) => kind === "saved"));
  const task = { type: "t", model: "m", parameters: {}, inputs: [] };
  await first.call({ method: "submit", args: [task] });
  await first.close();
  const second = await SqliteBackend.open({ path });
  t.after(() => second.close());
  const online = await second.call({ method: "onlineNodes", args: [10] });
  assert.deepEqual(
    online.map(({ node }) => node),
    ["a", "b", "c"],
  );
  assert.equal((await second.call({ method: "nextTasks", args: [10] })).length, 1);
  assert.deepEqual(await second.call({ method: "check", args: [] }), { problems: [] });
});

test("a refused command leaves nothing of itself, though others are committed with it", async (t) => {
  const store = await SqliteBackend.open({ path: newPath(t) });
  t.after(() => store.close());
  const skills = [{ skill: "paint", level: 1, verifiedAt: null }];
  const many = await Promise.allSettled([
    store.call({ method: "registerNode", args: [{ node: "a", ...terms, skills }] }),
    store.call({ method: "updateNode", args: [{ node: "a", changes: { port: 70_000 } }] }),
    store.call({ method: "draftConfig", args: [{ layer: "x", document: "no JSON" }] }),
    store.call({ method: "removeNode", args: ["b"] }),
  ]);
  assert.deepEqual(
    many.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected", "fulfilled"],
  );
  const node = await store.call({ method: "node", args: ["a"] });
  assert.equal(node?.port, null);
  assert.equal(node?.version, 1);
  const drafted = await store.call({
    method: "draftConfig",
    args: [{ layer: "x", document: "{}" }],
  });
  assert.equal(drafted.version, 1);
});

test("the store's check names a damaged record", async (t) => {
  const path = newPath(t);
  const store = await SqliteBackend.open({ path });
  t.after(() => store.close());
  await store.call({ method: "registerNode", args: [{ node: "a", ...terms }] });
  const outside = new Database(path);
  outside.prepare("UPDATE nodes SET hostname = 'bux'").run();
  outside.close();
  const { problems } = await store.call({ method: "check", args: [] });
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /the row \(a\) of nodes does not fit its checksum/);
  await assert.rejects(store.call({ method: "node", args: ["a"] }), { code: "corrupt" });
});
