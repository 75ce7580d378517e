// A system on real time, and a folder for what its actors keep; both end with the test.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

export async function diskStage(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "troupe-stage-"));
  const { system } = createTestSystem({
    clock: nodeClock,
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
  });
  context.after(async () => {
    await system.stop();
    await rm(folder, { recursive: true });
  });
  return { system, folder };
}
