// What was commanded of a cluster of real processes, shown on the command line, also when its control node
// was killed in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterProcess } from "./cluster-process.ts";
import { commandLine } from "./command-line.ts";

test("the history shows the commands of all nodes and of none, over a restart", async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1, slots: 1, control: "machine" });
  const at = ["--at", cluster.controlAddress];
  const troupe = (...words: readonly string[]) => commandLine(...words, ...at);
  assert.equal((await troupe("history")).said, "no command fits\n");
  const update = ["--parameter", "layer=queue", "--parameter", 'document={"pendingMax":500}'];
  assert.equal((await troupe("control", "UPDATE_CONFIG", "--id", "u1", ...update)).exitCode, 0);
  assert.equal((await troupe("control", "PING", "--id", "p1", "--node", "worker-1")).exitCode, 0);
  assert.equal(
    (await troupe("control", "CANCEL_TASK", "--id", "c1", "--task", "none")).exitCode,
    1,
  );
  const before = new Date().toISOString();

  await cluster.kill("control");
  await cluster.event(() => cluster.down.length === 0);
  assert.equal((await troupe("control", "PING", "--id", "p2")).exitCode, 0);
  const shown = await troupe("history");
  assert.equal(shown.exitCode, 0, shown.said);
  const rows = shown.said.split("\n").slice(1, -1);
  assert.deepEqual(
    rows.map((row) => /\b([puc]\d)\b/.exec(row)?.[1]),
    ["p2", "c1", "p1", "u1"],
  );
  assert.match(
    rows[1] ?? "",
    /CANCEL_TASK +none +machine +failed .*c1 +not_found: there is no task/,
  );
  assert.match(
    rows[2] ?? "",
    /^\d{4}-\d\d-\d\dT[\d:]+Z +PING +worker-1 +machine +completed +\d+ ms +1 +p1/,
  );

  const ids = async (...words: readonly string[]) => {
    const { said } = await troupe("history", "--json", ...words);
    return [...said.matchAll(/"commandId": "(\w+)"/g)].map(([, id]) => id);
  };
  assert.deepEqual(await ids("--node", "worker-1"), ["p1"]);
  assert.deepEqual(await ids("--limit", "2"), ["p2", "c1"]);
  assert.deepEqual(await ids("--before", before), ["c1", "p1", "u1"]);
  for (const [words, why] of [
    [["--limit", "0"], /'0' is invalid. Write a number from 1 to 100/],
    [["--before", "soon"], /'soon' is invalid. Write a moment like 2026-/],
    [["--node", "no such node"], /history/],
  ] as const) {
    const refused = await troupe("history", ...words);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.said, why);
  }
});

test("who may not read is shown no history", async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1, slots: 1, control: "keys" });
  const refused = await commandLine("history", "--at", cluster.controlAddress);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.said, /a key is needed/);
});
