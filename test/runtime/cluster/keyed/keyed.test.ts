// Keyed actors over a few nodes: one actor a key, wherever it is sent from, whatever becomes of the nodes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, protocol } from "#protocols/index.ts";
import { limits } from "#protocols/limits.ts";
import { keyed } from "#runtime/cluster/keyed/keyed.ts";
import { Actor } from "#runtime/core/actor.ts";
import { codeOf } from "../directory/directory-contract.ts";
import { KeyedScene, type TallyHost } from "./keyed-scene.ts";
import { Tally } from "./tally-actor.ts";

async function withScene(
  terms: ConstructorParameters<typeof KeyedScene>[0],
  act: (scene: KeyedScene) => Promise<void>,
): Promise<void> {
  const scene = new KeyedScene(terms);
  try {
    await act(scene);
    assert.deepEqual(scene.record.problems, []);
  } finally {
    await scene.end();
  }
}

const reachedOf = ({ system }: TallyHost, name: string): number =>
  system.bounds.find(({ bound }) => bound === name)?.reached ?? -1;

test("a key has one actor, which every node's ref reaches, started by its first message", async () => {
  await withScene({}, async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    const c = await scene.caller("c");
    await scene.settled(a, b);
    assert.equal(record.begun, 0);
    const keys = ["ada", "bob", "eve", "joe@example.org", "user:42"];
    for (const key of keys) {
      const places = [];
      for (const { tallies } of [a, b, c]) {
        places.push(await time.until(tallies.of(key).where()));
      }
      assert.equal(new Set(places).size, 1, key);
      assert.deepEqual(record.livesOn(key), [places[0]]);
    }
    assert.equal(record.begun, keys.length);
    assert.equal(new Set(keys.flatMap((key) => record.livesOn(key))).size, 2, "on both hosts");
  });
});

test("its ref travels in messages, keeps deadlines, and is its address as text", async () => {
  await withScene({}, async (scene) => {
    const { time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    const ada = a.tallies.of("ada");
    assert.equal(String(ada), "troupe://$keyed/tally/ada");
    for (let number = 1; number <= 3; number += 1) ada.count("test", number);
    for (const key of ["u", "v", "w", "x", "y", "z"]) {
      assert.equal(await time.until(b.tallies.of(key).totalOf(ada)), 3);
    }
    assert.equal(await time.until(codeOf(ada.totalOf(ada))), "ask_cycle");
    const hasty = ada.$.with({ within: 50 });
    assert.equal(await time.until(codeOf(hasty.slowly(1_000))), "timeout");
    await time.advance(2_000);
    const watcher = a.system.spawn(WatcherActor);
    assert.equal(await time.until(codeOf(watcher.watch(ada))), "invalid");
  });
});

interface Watcher {
  watch(ref: ReturnType<TallyHost["tallies"]["of"]>): string;
}
const Watcher = protocol<Watcher>("test.KeyedWatcher@1", { watch: ask });
class WatcherActor extends Actor<Watcher> {
  static readonly protocol = Watcher;
  watch(ref: ReturnType<TallyHost["tallies"]["of"]>): string {
    this.ctx.watch(ref);
    return "watched";
  }
  override terminated(): void {}
}

test("an idle actor is passivated, and its next message starts it anew", async () => {
  await withScene({ idleMs: 4_000 }, async (scene) => {
    const { record, time } = scene;
    const a = await scene.host("a");
    await scene.settled(a);
    const ada = a.tallies.of("ada");
    assert.equal(await time.until(ada.add("test", 1)), 1);
    await time.advance(3_900);
    assert.equal(await time.until(ada.add("test", 2)), 2, "it lives");
    assert.ok(await time.advanceUntil(() => record.livesOn("ada").length === 0, 10_000));
    assert.equal(a.tallies.status.living, 0);
    assert.equal(await time.until(ada.add("test", 3)), 1, "its state was in memory");
    assert.equal(record.begun, 2);
  });
});

test("who has a handler in progress or owes an answer is not passivated", async () => {
  await withScene({ idleMs: 1_000 }, async (scene) => {
    const { time } = scene;
    const a = await scene.host("a");
    await scene.settled(a);
    const patient = { within: 60_000 };
    const slow = a.tallies.of("slow").$.with(patient).slowly(20_000);
    const late = a.tallies.of("late").$.with(patient).later(20_000);
    await time.advance(10_000);
    assert.equal(a.tallies.status.living, 2);
    assert.equal(await time.until(slow), "a");
    assert.equal(await time.until(late), "late");
    assert.ok(await time.advanceUntil(() => a.tallies.status.living === 0, 5_000));
  });
});

test("beyond the living that there may be, the one used least recently makes place", async () => {
  await withScene({ livingMax: 3 }, async (scene) => {
    const { record, time } = scene;
    const a = await scene.host("a");
    await scene.settled(a);
    for (const key of ["one", "two", "three"]) await time.until(a.tallies.of(key).total());
    await time.until(a.tallies.of("one").total());
    assert.equal(await time.until(a.tallies.of("four").add("test", 1)), 1);
    assert.deepEqual(record.livesOn("two"), []);
    assert.deepEqual(record.livesOn("one"), ["a"]);
    assert.equal(a.tallies.status.living, 3);
    assert.equal(reachedOf(a, "keyedLivingMax"), 1);
    const busy = ["one", "three", "four"].map((key) =>
      a.tallies.of(key).$.with({ within: 60_000 }).slowly(30_000),
    );
    const refused = codeOf(a.tallies.of("five").$.with({ within: 60_000 }).total());
    assert.equal(await time.until(refused, limits.keyedHeldMsMax + 500), "unavailable");
    await time.until(Promise.all(busy), 60_000);
    assert.equal(await time.until(a.tallies.of("five").total()), 0);
  });
});

test("thousands of keys pass through a few places, and no message is lost", async () => {
  await withScene({ livingMax: 20 }, async (scene) => {
    const { record, time } = scene;
    const [a, b] = [await scene.host("a"), await scene.host("b")];
    await scene.settled(a, b);
    for (let number = 1; number <= 4; number += 1) {
      for (let key = 0; key < 250; key += 1) {
        const { tallies } = key % 2 === 0 ? a : b;
        tallies.of(`k${key}`).count("test", number);
      }
    }
    assert.ok(await time.advanceUntil(() => record.countOfAll === 1_000, 10_000));
    assert.ok(a.tallies.status.living <= 20 && b.tallies.status.living <= 20);
  });
});

test("an actor that ends itself, or fails for good, is started anew, and takes no other with it", async () => {
  await withScene({}, async (scene) => {
    const { record, time } = scene;
    const a = await scene.host("a");
    await scene.settled(a);
    const [ada, bob] = [a.tallies.of("ada"), a.tallies.of("bob")];
    await time.until(Promise.all([ada.add("test", 1), bob.add("test", 1)]));
    ada.end();
    ada.count("test", 2);
    assert.equal(await time.until(ada.add("test", 3)), 3, "what waited is handled");
    await time.advance(100);
    assert.equal(await time.until(ada.add("test", 4)), 1);
    for (let failures = 0; failures < 12; failures += 1) {
      ada.fail();
      await time.advance(5_000);
    }
    assert.equal(await time.until(bob.add("test", 2)), 2, "bob was not restarted");
    assert.equal(await time.until(ada.add("test", 5)), 1);
    assert.ok(record.begun > 5);
  });
});

test("what can be no key, kind or number is refused, and names what is wrong", async () => {
  await withScene({}, async (scene) => {
    const a = await scene.host("a");
    await scene.settled(a);
    for (const key of ["", "a/b", "a b", "a#b", "ä", "x".repeat(limits.keyedKeyLengthMax + 1)]) {
      assert.throws(() => a.tallies.of(key), { code: "invalid" }, key);
    }
    assert.equal(reachedOf(a, "keyedKeyLengthMax"), 1);
    const tallies = a.tallies.of("x".repeat(limits.keyedKeyLengthMax));
    assert.equal(await scene.time.until(tallies.total()), 0);
    const attempts = [
      { kind: "a/b" },
      { kind: "x".repeat(60) },
      { kind: "other", shards: 0 },
      { kind: "other", shards: limits.keyedShardsMax + 1 },
      { kind: "other", heldMax: 1.5 },
    ];
    for (const terms of attempts) {
      assert.throws(() => keyed(a, Tally, terms), { code: "invalid" }, JSON.stringify(terms));
    }
    assert.throws(() => keyed(a, Tally, { kind: "tally" }), { code: "name_taken" });
  });
});

test("another number of shards, or another protocol, on another node is refused by name", async () => {
  await withScene({ shards: 32 }, async (scene) => {
    const { time } = scene;
    const a = await scene.host("a");
    await scene.settled(a);
    const b = await scene.node("b");
    const other = keyed(b, Tally, { kind: "tally", shards: 64 });
    await assert.rejects(time.until(other.ready), { code: "conflict", message: /tally.*32.*64/ });
    assert.equal(await time.until(codeOf(other.of("ada").total())), "conflict");
    assert.equal(other.status.failure?.code, "conflict");
    assert.equal(await time.until(a.tallies.of("ada").total()), 0, "nothing changes for others");
    const c = await scene.node("c");
    const stranger = keyed(c, Watcher, { kind: "tally", shards: 32 });
    await assert.rejects(time.until(stranger.ready), { code: "conflict" });
  });
});

test("while nobody hosts the kind messages are held, up to a number and a time", async () => {
  await withScene({ heldMax: 5 }, async (scene) => {
    const { record, time } = scene;
    const c = await scene.caller("c");
    const ada = c.tallies.of("ada").$.with({ within: 60_000 });
    const held = [];
    for (let number = 1; number <= limits.keyedHeldMax; number += 1) {
      held.push(codeOf(ada.add("test", number)));
    }
    assert.equal(await time.until(codeOf(ada.add("test", 9_999))), "stash_full");
    assert.equal(reachedOf(c, "keyedHeldMax"), 1);
    const codes = await time.until(Promise.all(held), limits.keyedHeldMsMax + 500);
    assert.deepEqual([...new Set(codes)], ["unavailable"]);
    assert.equal(reachedOf(c, "keyedHeldMsMax"), limits.keyedHeldMax);
    const last = ada.add("test", 10_000);
    const a = await scene.host("a");
    await scene.settled(a);
    assert.equal(await time.until(last), 1, "one that was held long enough is handled");
    assert.equal(record.countOfAll, 1);
  });
});

test("a node that does not use the kind says so, and passes messages on once it does", async () => {
  await withScene({}, async (scene) => {
    const { time } = scene;
    const a = await scene.host("a");
    await scene.settled(a);
    const b = await scene.node("b");
    const ada = b.system.refFrom(Tally, a.tallies.of("ada"));
    assert.equal(await time.until(codeOf(ada.total())), "not_found");
    keyed(b, Tally, { kind: "tally", shards: 32 });
    assert.equal(await time.until(ada.total()), 0);
  });
});
