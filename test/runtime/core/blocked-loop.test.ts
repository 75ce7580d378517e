import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, protocol, type Ref } from "#protocols/index.ts";
import { Actor } from "#runtime/core/actor.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

interface Sleeper {
  sleep(ms: number): string;
}
const Sleeper = protocol<Sleeper>("test.BlockedLoopSleeper@1", { sleep: ask });

class SleeperActor extends Actor<Sleeper> {
  static readonly protocol = Sleeper;
  async sleep(ms: number): Promise<string> {
    await this.ctx.sleep(ms);
    return "slept";
  }
}

interface Blocker {
  askAndBlock(sleeper: Ref<Sleeper>, sleepMs: number): string;
}
const Blocker = protocol<Blocker>("test.BlockedLoopBlocker@1", {
  askAndBlock: ask({ within: 60_000 }),
});

/** Long enough for a blocked loop, short enough for what sleeps without end to be noticed. */
const withinMs = 200;
const blockMs = 600;

class BlockerActor extends Actor<Blocker> {
  static readonly protocol = Blocker;
  async askAndBlock(sleeper: Ref<Sleeper>, sleepMs: number): Promise<string> {
    const answered = sleeper.$.with({ within: withinMs }).sleep(sleepMs);
    const from = this.ctx.now();
    while (this.ctx.now() < from + blockMs);
    return answered;
  }
}

test("an ask whose time passed while the event loop was blocked gets that time on top, once", async () => {
  const system = await startLocalSystem({ log: { write: () => {} } });
  const sleeper = system.spawn(SleeperActor);
  const blocker = system.spawn(BlockerActor);
  assert.equal(await blocker.askAndBlock(sleeper, 1), "slept");
  await assert.rejects(blocker.askAndBlock(sleeper, 30_000), { code: "timeout" });
  await system.stop();
});
