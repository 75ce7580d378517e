import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit } from "#protocols/envelope.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type PoolOptions, poolOf } from "#runtime/patterns/actor-pool.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { PuppetActor } from "../core/puppet.ts";

interface Worker {
  who(): string;
  work(ms: number): string;
  crash(): void;
  quit(): void;
}
const Worker = protocol<Worker>("test.PoolWorker@1", {
  who: ask,
  work: ask({ within: 60_000 }),
  crash: tell,
  quit: tell,
});
interface WorkerState {
  readonly diary: string[];
}
class WorkerActor extends Actor<Worker, WorkerState> implements Handlers<Worker> {
  static readonly protocol = Worker;
  static initial = (args: WorkerState): WorkerState => args;
  override start(): void {
    this.state.diary.push(`${this.#name} starts`);
  }
  override stopped(exit: Exit): void {
    this.state.diary.push(`${this.#name} ${exit.kind}`);
  }
  get #name(): string {
    return this.ctx.path.split("/").at(-1) ?? "";
  }
  who(): string {
    return this.#name;
  }
  async work(ms: number): Promise<string> {
    const { system } = this.#world();
    await new Promise<void>((resolve) => {
      system.timers.set(system.clock.now() + ms, resolve);
    });
    return this.#name;
  }
  crash(): void {
    throw new Error("boom");
  }
  quit(): void {
    this.ctx.stop();
  }
  #world(): ReturnType<typeof createTestSystem> {
    assert.ok(world);
    return world;
  }
}
// The workers wait on the timers of the test's own system.
let world: ReturnType<typeof createTestSystem> | undefined;

function poolWorld(options: Partial<PoolOptions<Worker>>) {
  const created = createTestSystem();
  world = created;
  const diary: string[] = [];
  const Pool = poolOf(WorkerActor, { size: 2, policy: { kind: "round-robin" }, ...options });
  const pool = created.system.spawn(Pool, { diary }, { name: "pool" });
  const children = () =>
    created.system.inspect().children.find(({ path }) => path === "/pool")?.children ?? [];
  return { ...created, diary, pool, children };
}

test("a pool has its workers at once, each with the arguments that the pool was given", async () => {
  const { pool, diary } = poolWorld({ size: 3 });
  assert.deepEqual(
    [await pool.who(), await pool.who(), await pool.who(), await pool.who()],
    ["worker-1", "worker-2", "worker-3", "worker-1"],
  );
  assert.equal(diary.length, 3);
});

test("a pool of workers without arguments is spawned without", async () => {
  const Bell = protocol<{ ring(): string }>("test.Bell@1", { ring: ask });
  class BellActor extends Actor<{ ring(): string }> {
    static readonly protocol = Bell;
    ring(): string {
      return "dong";
    }
  }
  const { system } = createTestSystem();
  const pool = system.spawn(poolOf(BellActor, { size: 1, policy: { kind: "random" } }), {
    name: "bells",
  });
  assert.equal(pool.$.address.path, "/bells");
  assert.equal(await pool.ring(), "dong");
});

test("a worker that crashes is restarted under its name, and its waiting messages are kept", async () => {
  const { pool, diary, time } = poolWorld({ size: 1 });
  pool.crash();
  const answer = pool.who();
  await time.advance(100);
  assert.equal(await answer, "worker-1");
  assert.deepEqual(diary, ["worker-1 starts", "worker-1 crashed", "worker-1 starts"]);
});

test("a worker that ends is replaced after a pause, by one of its name", async () => {
  const { pool, diary, time } = poolWorld({ size: 2 });
  pool.quit();
  await time.settle();
  assert.deepEqual([await pool.who(), await pool.who()], ["worker-2", "worker-2"]);
  await time.advance(100);
  assert.deepEqual(
    diary.filter((line) => line.startsWith("worker-1")),
    ["worker-1 starts", "worker-1 stopped", "worker-1 starts"],
  );
  assert.equal(new Set([await pool.who(), await pool.who()]).size, 2);
});

test("a pool whose workers keep ending fails, and begins anew under its supervisor", async () => {
  const supervise = {
    strategy: "one-for-one",
    restartsMax: 2,
    withinMs: 60_000,
    backoff: { delayMsMin: 10, delayMsMax: 10, factor: 1, jitter: 0 },
  } as const;
  const { pool, time, log } = poolWorld({ size: 1, supervise });
  for (let round = 0; round < 3; round += 1) {
    pool.quit();
    await time.advance(50);
  }
  assert.ok(log.some(({ message }) => /more than 2 workers ended/.test(message)));
  await time.advance(1_000);
  assert.equal(await pool.who(), "worker-1");
});

test("asks in flight make the pool grow to its max, and calm makes it shrink to its min", async () => {
  const { pool, time, children, diary } = poolWorld({
    size: { min: 1, max: 4, growAbove: 2, shrinkBelow: 1, calmChecks: 3, checkEveryMs: 100 },
    policy: { kind: "least-loaded" },
  });
  const answers = Array.from({ length: 12 }, () => pool.work(1_000));
  await time.advance(100);
  assert.equal(children().length, 2);
  await time.advance(200);
  assert.equal(children().length, 4);
  answers.push(...Array.from({ length: 12 }, () => pool.work(10)));
  await time.advance(20_000);
  const names = await Promise.all(answers);
  assert.equal(names.length, 24);
  assert.ok(names.includes("worker-4"));
  assert.equal(children().length, 1);
  assert.deepEqual(
    diary.filter((line) => line.endsWith("stopped")),
    ["worker-4 stopped", "worker-3 stopped", "worker-2 stopped"],
  );
});

test("a worker that is to go ends what it was given first", async () => {
  const { pool, time, children } = poolWorld({
    size: { min: 1, max: 2, growAbove: 2, shrinkBelow: 2, calmChecks: 1, checkEveryMs: 100 },
    policy: { kind: "round-robin" },
  });
  const early = Array.from({ length: 4 }, () => pool.work(60));
  await time.advance(100);
  assert.equal(children().length, 2);
  const [short, long] = [pool.work(30), pool.work(8_000)];
  await time.advance(7_000);
  assert.equal(await pool.who(), "worker-1");
  assert.equal(children().length, 2);
  await time.advance(2_000);
  assert.equal(await long, "worker-2");
  assert.equal(children().length, 1);
  await Promise.all([...early, short]);
});

test("a pool does not shrink while its workers have tells in hand, and leaves none unfinished", async () => {
  const { system, time, stop, log } = createTestSystem();
  const diary: string[] = [];
  const size = { min: 1, max: 2, growAbove: 1, calmChecks: 3 };
  const Pool = poolOf(PuppetActor, { size, policy: { kind: "round-robin" } });
  const pool = system.spawn(Pool, { diary });
  for (let count = 0; count < 6; count += 1) pool.hint((ctx) => ctx.sleep(500));
  await time.advance(3_100);
  for (let count = 0; count < 2; count += 1) {
    pool.hint(async (ctx) => {
      await ctx.sleep(60_000);
      diary.push("done");
    });
  }
  await time.advance(120_000);
  assert.deepEqual(diary, ["done", "done"]);
  const said = log.map(({ message }) => message);
  assert.deepEqual(said, ["2 workers instead of 1", "1 workers instead of 2"]);
  await stop();
});

test("a pool of impossible size cannot be declared", () => {
  const policy = { kind: "random" } as const;
  assert.throws(() => poolOf(WorkerActor, { size: { min: 2, max: 1 }, policy }), {
    code: "invalid",
  });
});
