import assert from "node:assert/strict";
import { executionAsyncResource } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { loadavg } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { AmbientAccess } from "#runtime/testkit/ambient-access.ts";
import { withoutAmbient } from "#runtime/testkit/ambient-guard.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

const uses: readonly (readonly [what: string, use: () => unknown])[] = [
  ["Date.now", () => Date.now()],
  ["new Date()", () => new Date()],
  ["Date()", () => Date()],
  ["performance.now", () => performance.now()],
  ["performance.mark", () => performance.mark("now")],
  ["performance.toJSON", () => performance.toJSON()],
  ["performance.eventLoopUtilization", () => performance.eventLoopUtilization()],
  ["perf_hooks.monitorEventLoopDelay", () => monitorEventLoopDelay()],
  ["process.hrtime", () => process.hrtime()],
  ["process.hrtime.bigint", () => process.hrtime.bigint()],
  ["process.memoryUsage", () => process.memoryUsage()],
  ["process.memoryUsage.rss", () => process.memoryUsage.rss()],
  ["v8.getHeapStatistics", () => getHeapStatistics()],
  ["os.loadavg", () => loadavg()],
  ["fs.readFileSync", () => readFileSync(import.meta.filename)],
  ["fs.existsSync", () => existsSync(import.meta.filename)],
  ["child_process.spawnSync", () => spawnSync("true")],
  ["Atomics.wait", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)],
  ["Math.random", () => Math.random()],
  ["crypto.randomUUID", () => randomUUID()],
  ["crypto.randomUUID", () => crypto.randomUUID()],
  ["crypto.getRandomValues", () => crypto.getRandomValues(new Uint8Array(1))],
  ["setTimeout", () => setTimeout(() => {}, 1)],
  ["setInterval", () => clearInterval(globalThis.setInterval(() => {}, 1))],
  ["setImmediate", () => setImmediate(() => {})],
  ["timers/promises.setTimeout", () => pause(1)],
];

for (const [what, use] of uses) {
  test(`${what} is caught in a guarded run, with its place`, async () => {
    await assert.rejects(withoutAmbient(use), (error) => {
      assert.ok(error instanceof AmbientAccess);
      assert.equal(error.what, what);
      assert.match(error.callSite, /ambient-guard\.test\.ts:\d+:\d+$/);
      return true;
    });
    await use();
  });
}

test("what depends on its arguments alone is not caught", async () => {
  const seen = await withoutAmbient(() => [
    new Date(0).toISOString(),
    new Date(2024, 1, 1) instanceof Date,
    Date.UTC(2024, 0),
    Math.max(1, 2),
  ]);
  assert.deepEqual(seen, ["1970-01-01T00:00:00.000Z", true, Date.UTC(2024, 0), 2]);
});

test("a use that is caught and hidden, or comes late, fails the run", async () => {
  const hidden = async (): Promise<string> => {
    await null;
    try {
      Math.random();
    } catch {
      return "hidden";
    }
    return "not caught";
  };
  await assert.rejects(withoutAmbient(hidden), AmbientAccess);
});

test("files and sockets that are opened fail the run and are named", async () => {
  const reading = withoutAmbient(async () => {
    await readFile(import.meta.filename);
  });
  await assert.rejects(
    reading,
    /(FSREQPROMISE|FILEHANDLE\w*) was used at .*ambient-guard\.test\.ts/,
  );
  const listening = withoutAmbient(async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await new Promise((resolve) => server.close(resolve));
  });
  await assert.rejects(listening, /TCPSERVERWRAP was used/);
});

test("virtual time and printing work in a guarded run", async () => {
  const rung = await withoutAmbient(async () => {
    const time = new VirtualTime();
    let count = 0;
    time.set(5, () => {
      count += 1;
    });
    await time.advance(10);
    console.log("printed in a guarded run");
    return count;
  });
  assert.equal(rung, 1);
});

test("the traps go when the last guarded run has ended", async () => {
  const { now } = Date;
  let release = (): void => {};
  const first = withoutAmbient(
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  await withoutAmbient(() => {});
  assert.notEqual(Date.now, now);
  release();
  await first;
  assert.equal(Date.now, now);
  assert.ok(Date.now() > 0);
});

test("a guard that was lifted leaves nothing behind that later promises would carry", async () => {
  const carriedAfter = async (runs: number): Promise<number> => {
    for (let run = 0; run < runs; run += 1) await withoutAmbient(() => Promise.resolve());
    await Promise.resolve();
    return Object.getOwnPropertySymbols(executionAsyncResource()).length;
  };
  const once = await carriedAfter(1);
  assert.equal(await carriedAfter(20), once);
});

test("what the run throws and answers comes through", async () => {
  assert.equal(await withoutAmbient(() => 7), 7);
  await assert.rejects(
    withoutAmbient(() => {
      throw new Error("its own");
    }),
    /its own/,
  );
});
