// `troupe move` and `troupe drain` on a cluster of real processes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommandLine } from "../../nodes/cli/command-line.ts";
import { ClusterProcess } from "./cluster-process.ts";

async function troupe(...words: readonly string[]) {
  const said = { out: "", err: "" };
  const code = await runCommandLine(words, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    ...{ isTerminal: false, columns: 80 },
  });
  return { ...said, code };
}

test("drain says of each actor why it stays, move says it of one, and both refuse what is not there", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const { url } = cluster;
  const drained = await troupe("drain", "worker-1", "--url", url);
  assert.equal(drained.code, 0, drained.err);
  assert.match(drained.out, /0 moved away from worker-1, \d+ stayed/);
  assert.match(drained.out, /\/workers +has_children/);
  assert.match(drained.out, /\/workers\/inference +has_parent: it is a child of \/workers/);

  const child = await troupe("move", "worker-1", "/workers/inference", "control", "--url", url);
  assert.equal(child.code, 1);
  assert.match(child.err, /has_parent/);
  const nobody = await troupe("move", "worker-1", "/nobody", "control", "--url", url);
  assert.match(nobody.err, /worker-1 has no actor \/nobody; at its top are .*\/workers/);
  const nowhere = await troupe("drain", "worker-9", "--url", url);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /worker-9/);

  const order = JSON.stringify({ node: "worker-1" });
  const ask = (headers: Record<string, string>, body = order) =>
    fetch(`${url}/api/drain`, { method: "POST", headers, body });
  const json = { "content-type": "application/json" };
  assert.equal((await ask({ ...json, origin: "http://page.example" })).status, 400);
  assert.equal((await ask({ "content-type": "text/plain" })).status, 400);
  assert.equal((await ask(json, "[]")).status, 400);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
});
