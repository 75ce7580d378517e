import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { ProcessLoad } from "#runtime/host/process-load.ts";

function compute(cpuMs: number): void {
  const from = process.cpuUsage();
  while (process.cpuUsage(from).user / 1000 < cpuMs);
}

test("the share counts only what was used since the last reading", async () => {
  const load = new ProcessLoad(nodeClock, 1);
  compute(100);
  const busy = load.read().cpuUsage;
  await wait(300);
  const idle = load.read().cpuUsage;
  assert.ok(busy > 0.01 && busy <= 1, `busy ${busy}`);
  assert.ok(idle < busy, `idle ${idle} after busy ${busy}`);
});

test("the share is of all processors that may be used", () => {
  const one = new ProcessLoad(nodeClock, 1);
  const four = new ProcessLoad(nodeClock, 4);
  compute(60);
  const ratio = four.read().cpuUsage / one.read().cpuUsage;
  assert.ok(ratio < 0.5, String(ratio));
});

test("two readings at once agree, and memory is that of this process", () => {
  const load = new ProcessLoad(nodeClock, 1);
  compute(30);
  const first = load.read();
  assert.equal(load.read().cpuUsage, first.cpuUsage);
  assert.ok(first.memoryBytes > 20_000_000 && Number.isInteger(first.memoryBytes));
});
