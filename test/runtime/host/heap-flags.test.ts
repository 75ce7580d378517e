// A heap of some 40 MB through which byte arrays pass, as pictures do through a node.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { heapFlags } from "#runtime/host/heap-flags.ts";

const script = `
  const { PerformanceObserver } = require("node:perf_hooks");
  globalThis.kept = Array.from({ length: 300_000 }, (_, a) => ({ a, b: [a], c: "x" + a }));
  let whole = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === 4) whole += 1;
  }).observe({ entryTypes: ["gc"] });
  const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  (async () => {
    gc();
    await rest(20);
    whole = 0;
    for (const held = []; held.turns !== 400; held.turns = (held.turns ?? 0) + 1) {
      held.push(new Uint8Array(800_000).fill(1));
      if (held.length > 8) held.shift();
      await rest(1);
    }
    await rest(20);
    console.log(whole);
  })();
`;

const started = (flags: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, [...heapFlags("node"), ...flags], { encoding: "utf8", env });

test("large byte arrays that die young do not have the whole heap marked", () => {
  const { status, stderr, stdout } = started(["--expose-gc", "-e", script]);
  assert.equal(status, 0, stderr);
  assert.ok(Number(stdout) <= 1, `${stdout} times for 320 MB`);
});

test("a heap that may not become as large is still started", () => {
  const small = { ...process.env, NODE_OPTIONS: "--max-old-space-size=64" };
  assert.equal(started(["-e", "0"], small).status, 0);
});
