// Shards on the move: nodes join, leave, die and are cut off while messages flow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { codeOf } from "../directory/directory-contract.ts";
import { KeyedScene, type TallyHost } from "./keyed-scene.ts";

const keyCount = 60;
const keys = Array.from({ length: keyCount }, (_, index) => `k${index}`);

/** Sends to every key from every node, on and on; what was asked is to be answered. */
class Load {
  readonly #scene: KeyedScene;
  readonly #from: readonly TallyHost[];
  readonly codes: string[] = [];
  readonly #asks: Promise<void>[] = [];
  #number = 0;
  told = 0;

  constructor(scene: KeyedScene, from: readonly TallyHost[]) {
    this.#scene = scene;
    this.#from = from;
  }

  /** One message from each node to each key, tells and asks in turn. */
  round(): void {
    this.#number += 1;
    for (const { node, tallies } of this.#from) {
      for (const key of keys) {
        const ref = tallies.of(key);
        this.told += 1;
        if (this.#number % 3 === 0) this.#asks.push(this.#ask(ref.add(node.name, this.#number)));
        else ref.count(node.name, this.#number);
      }
    }
  }

  async rounds(count: number): Promise<void> {
    for (let each = 0; each < count; each += 1) {
      this.round();
      await this.#scene.time.advance(7);
    }
  }

  async answered(): Promise<readonly string[]> {
    await this.#scene.time.until(Promise.all(this.#asks), 60_000);
    return [...new Set(this.codes)];
  }

  async #ask(answer: Promise<number>): Promise<void> {
    this.codes.push(await codeOf(answer));
  }
}

async function withScene(act: (scene: KeyedScene) => Promise<void>): Promise<void> {
  const scene = new KeyedScene({ shards: 64 });
  try {
    await act(scene);
    assert.deepEqual(scene.record.problems, []);
  } finally {
    await scene.end();
  }
}

test("a node joins under load: nothing accepted is lost, order is kept, few shards move at a time", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const caller = await scene.caller("d");
    const load = new Load(scene, [a, b, caller]);
    await load.rounds(10);
    const before = a.tallies.status.owned + b.tallies.status.owned;
    const c = await scene.hostOn(await scene.node("c"));
    let movingMax = 0;
    for (let round = 0; round < 60; round += 1) {
      load.round();
      await time.advance(3);
      for (const { tallies } of [a, b]) movingMax = Math.max(movingMax, tallies.status.moving);
    }
    await scene.settled(a, b, c);
    await load.rounds(10);
    assert.deepEqual(await load.answered(), ["done"]);
    await time.advance(1_000);
    assert.equal(record.countOfAll, load.told);
    assert.equal(before, 64);
    assert.ok(c.tallies.status.owned > 8, `${c.tallies.status.owned} shards have come`);
    assert.ok(movingMax > 0 && movingMax <= limits.keyedMovesMax, `${movingMax} moved at a time`);
  });
});

test("a node leaves under load: its shards are drained and go on elsewhere", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const a = await scene.host("a");
    const [b, c] = [await scene.host("b"), await scene.host("c")];
    await scene.settled(a, b, c);
    const load = new Load(scene, [a, b, c]);
    await load.rounds(10);
    const leaving = b.tallies.leave();
    await load.rounds(40);
    await time.until(leaving, 30_000);
    assert.equal(b.tallies.status.owned, 0);
    assert.equal(record.livingOn("b"), 0);
    await load.rounds(10);
    assert.deepEqual(await load.answered(), ["done"], "it still sends");
    await time.advance(1_000);
    assert.equal(record.countOfAll, load.told);
    await time.until(b.system.shutdown(), 60_000);
  });
});

test("what is on its way when a shard is handed over is waited for, also from slow senders", async () => {
  await withScene(async (scene) => {
    const { record, stage, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    const [near, far] = [await scene.caller("near"), await scene.caller("far")];
    await scene.settled(a, b);
    const load = new Load(scene, [a, b, near, far]);
    await load.rounds(10);
    stage.slow("near", 15);
    stage.slow("far", 90);
    const leaving = b.tallies.leave();
    await load.rounds(60);
    await time.until(leaving, 30_000);
    await load.rounds(20);
    assert.deepEqual(await load.answered(), ["done"]);
    await time.advance(1_000);
    assert.equal(record.countOfAll, load.told);
  });
});

test("an owner that slept past its lease handles nothing that comes, before it even knows", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const key = await keyOn(scene, b);
    // As a process is that stood still: its clock says that the time is over, no timer has rung yet.
    Object.defineProperty(b.session, "isSafe", { get: () => false });
    const count = record.countOf(key);
    assert.equal(await time.until(codeOf(a.tallies.of(key).add("a", 1))), "unavailable");
    assert.equal(await time.until(codeOf(b.tallies.of(key).add("b", 1))), "unavailable");
    assert.equal(record.countOf(key), count);
  });
});

test("a shutdown hands all over before the session ends; the last node just ends", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const load = new Load(scene, [a]);
    await load.rounds(5);
    const ending = b.system.shutdown();
    await load.rounds(30);
    await time.until(ending, 60_000);
    assert.deepEqual(await load.answered(), ["done"]);
    await time.advance(1_000);
    assert.equal(record.countOfAll, load.told);
    const startedMs = time.now();
    await time.until(a.system.shutdown(), 60_000);
    assert.ok(time.now() - startedMs < 5_000);
    assert.equal(record.livingOn("a"), 0);
  });
});

test("slow handlers are waited for, and those that ask each other can", async () => {
  await withScene(async (scene) => {
    const { time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const patient = { within: 30_000 };
    const slow = keys.map((key) => codeOf(b.tallies.of(key).$.with(patient).slowly(4_000)));
    await time.advance(10);
    const leaving = b.tallies.leave();
    await time.advance(100);
    assert.ok(b.tallies.status.moving > 0);
    const codes = await time.until(Promise.all(slow), 30_000);
    assert.deepEqual([...new Set(codes)], ["done"]);
    await time.until(leaving, 30_000);
  });
});

test("one that never comes to rest is broken off in the end, which is counted", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const key = await keyOn(scene, b);
    const endless = codeOf(a.tallies.of(key).$.with({ within: 600_000 }).slowly(500_000));
    await time.advance(10);
    const leaving = b.tallies.leave();
    await time.until(leaving, limits.keyedHandoverMsMax + 5_000);
    assert.equal(await time.until(endless), "actor_stopped");
    const broken = b.system.bounds.find(({ bound }) => bound === "keyedHandoverMsMax");
    assert.equal(broken?.reached, 1);
    assert.equal(await time.until(a.tallies.of(key).where()), "a");
    assert.deepEqual(record.livesOn(key), ["a"]);
  });
});

test("an owner dies: asks fail so that they can be repeated, and the next one has a higher fence", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const key = await keyOn(scene, b);
    const ada = a.tallies.of(key);
    const first = await time.until(ada.add("before", 1));
    assert.equal(first, 1);
    const inHand = codeOf(ada.slowly(60_000));
    await time.advance(10);
    scene.stage.takeDown("b");
    record.died("b");
    assert.equal(await time.until(inHand), "node_down");
    const waiting = ada.add("after", 1);
    const diedMs = time.now();
    assert.equal(await time.until(waiting, 5_000), 1);
    assert.ok(time.now() - diedMs < scene.stage.ttlMs + 500, `${time.now() - diedMs} ms`);
    await scene.settled(a);
    const fences = (record.handled.get(key) ?? []).map(({ fence }) => fence);
    assert.equal(fences.length, 2);
    assert.ok((fences[1] ?? 0) > (fences[0] ?? 0));
  });
});

test("an owner that is cut off stops its actors before another starts them", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const a = await scene.host("a");
    const [b, c] = [await scene.host("b"), await scene.host("c")];
    await scene.settled(a, b, c);
    const load = new Load(scene, [a, c]);
    await load.rounds(5);
    const local = b.tallies.of(await keyOn(scene, b));
    scene.stage.cut("b");
    const cutMs = time.now();
    assert.ok(await time.advanceUntil(() => record.livingOn("b") === 0, scene.stage.ttlMs));
    assert.ok(time.now() - cutMs < scene.stage.ttlMs, "within its margin");
    assert.equal(await time.until(codeOf(local.total())), "session_lost");
    await load.rounds(5);
    await scene.settled(a, c);
    await load.rounds(5);
    scene.stage.heal("b");
    await time.advance(10_000);
    assert.equal(b.tallies.status.owned, 0);
    assert.equal(record.livingOn("b"), 0, "a session that is lost does not come back");
  });
});

test("without the directory what is placed goes on; what is not waits, and is placed when it is back", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    await scene.node("d");
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    await time.until(a.tallies.of(await keyOn(scene, b)).total());
    scene.stage.takeDown("d");
    const load = new Load(scene, [a, b]);
    await load.rounds(10);
    assert.deepEqual(await load.answered(), ["done"]);
    assert.equal(record.countOfAll, load.told);
    await scene.node("d", 2);
    const c = await scene.host("c");
    await scene.settled(a, b, c);
    await load.rounds(10);
    await load.answered();
    assert.equal(record.countOfAll, load.told);
  });
});

test("a host that starts anew at once is another host: its shards are claimed again, fences grow", async () => {
  await withScene(async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const load = new Load(scene, [a]);
    await load.rounds(3);
    await load.answered();
    scene.stage.takeDown("b");
    record.died("b");
    const again = await scene.host("b", 2);
    await scene.settled(a, again);
    await load.rounds(3);
    assert.equal((await load.answered()).includes("done"), true);
    assert.ok(record.livingOn("b") > 0);
    assert.equal(await time.until(a.tallies.of(await keyOn(scene, again)).where()), "b");
  });
});

/** A key whose actor lives there. */
async function keyOn({ time }: KeyedScene, host: TallyHost): Promise<string> {
  for (const key of keys) {
    if ((await time.until(host.tallies.of(key).where())) === host.node.name) return key;
  }
  throw new Error(`no key lives on ${host.node.name}`);
}
