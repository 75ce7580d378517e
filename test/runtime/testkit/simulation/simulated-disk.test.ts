import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as allPromises } from "node:timers/promises";
import { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";
import { Operations } from "#runtime/testkit/simulation/operations.ts";
import { type Disk, SimulatedDisk } from "#runtime/testkit/simulation/simulated-disk.ts";
import { persistenceOn } from "#runtime/testkit/simulation/simulated-persistence.ts";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

function world(seed: number) {
  const chance = Chance.ofSeed(seed);
  const agenda = new Agenda(chance.branch("order").random);
  const operations = new Operations(() => {});
  const disk = new SimulatedDisk({ node: "a", agenda, chance, operations });
  const open = (): Disk => disk.open({ isAlive: () => true, run: (act) => act() });
  /** Lets time go by until the promise has settled, for 10 s at most. */
  const until = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    for (const endMs = agenda.nowMs + 10_000; !isSettled && agenda.nowMs < endMs; ) {
      await allPromises();
      if (isSettled) break;
      if (agenda.nextMs <= endMs) agenda.step();
      else agenda.runUntil(endMs);
    }
    await allPromises();
    assert.ok(isSettled, "it never settled");
    return settled;
  };
  return { agenda, disk, open, until };
}

test("what was written is seen at once, and kept once it was said to be", async () => {
  const { disk, open, until } = world(1);
  const first = open();
  const written = first.write("k/1", bytes(1, 2));
  assert.deepEqual(await until(first.read("k/1")), bytes(1, 2));
  await until(written);
  await until(first.write("k/2", bytes(3)));
  await until(first.remove("k/1"));
  disk.crash();
  const second = open();
  assert.deepEqual(await until(second.keys("k/")), ["k/2"]);
  assert.equal(await until(second.read("k/1")), undefined);
});

test("a crash drops what waits, or keeps the first of it, and settles none of it", async () => {
  const kept = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const { agenda, disk, open, until } = world(seed);
    const first = open();
    let settled = 0;
    for (let index = 1; index <= 4; index++) {
      first.write(`k${index}`, bytes(index)).finally(() => settled++);
    }
    disk.crash();
    agenda.runUntil(1_000);
    await Promise.resolve();
    assert.equal(settled, 0);
    const keys = await until(open().keys());
    assert.deepEqual(keys, ["k1", "k2", "k3", "k4"].slice(0, keys.length));
    kept.add(keys.length);
  }
  assert.deepEqual([...kept].sort(), [0, 1, 2, 3, 4]);
});

test("a full disk writes nothing and still reads and removes", async () => {
  const { agenda, disk, open, until } = world(2);
  const access = open();
  await until(access.write("k", bytes(1)));
  disk.fillFor(100);
  await assert.rejects(until(access.write("k", bytes(2))), /store_failed.*the disk is full/);
  assert.deepEqual(await until(access.read("k")), bytes(1));
  await until(access.remove("k"));
  agenda.runUntil(agenda.nowMs + 200);
  await until(access.write("k", bytes(3)));
});

test("of a failing write nobody knows whether it happened", async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const { disk, open, until } = world(seed);
    const access = open();
    disk.failNext(1);
    await assert.rejects(until(access.write("k", bytes(1))), /store_failed.*may have happened/);
    outcomes.add(String(await until(access.read("k"))));
  }
  assert.deepEqual([...outcomes].sort(), ["1", "undefined"]);
});

test("a slow disk takes its time, and one write overtakes no other", async () => {
  const { agenda, disk, open, until } = world(3);
  const access = open();
  disk.slowFor(1_000, 100);
  const order: number[] = [];
  const writes = [1, 2, 3].map((index) =>
    access.write(`k${index}`, bytes(index)).then(() => order.push(index)),
  );
  await until(Promise.all(writes));
  assert.deepEqual(order, [1, 2, 3]);
  assert.ok(agenda.nowMs > 5, `${agenda.nowMs} ms`);
});

test("a flipped bit is one bit, and there is none on an empty disk", async () => {
  const { disk, open, until } = world(4);
  assert.equal(disk.flip(0.5), false);
  const access = open();
  await until(access.write("k", bytes(0, 0, 0, 0)));
  assert.equal(disk.flip(0.99), true);
  const read = await until(access.read("k"));
  const bits = [...(read ?? [])].map((byte) => byte.toString(2).replaceAll("0", "").length);
  assert.equal(
    bits.reduce((sum, count) => sum + count, 0),
    1,
  );
});

test("more writes than may wait are refused, not kept in memory", async () => {
  const { open, until } = world(5);
  const access = open();
  const writes = Array.from({ length: 10_000 }, (_, index) => access.write(`k${index}`, bytes(1)));
  await assert.rejects(access.write("one more", bytes(1)), /mailbox_full.*10000 writes wait/);
  await until(Promise.all(writes));
});

test("a store whose disk lost a bit says so, and never answers with something else", async () => {
  const event = { bytes: bytes(1, 2, 3), schemaVersion: 1 };
  for (let place = 0; place < 1; place += 0.05) {
    const { disk, open, until } = world(6);
    const before = persistenceOn(open());
    const claim = await until(before.journal.claim("x"));
    await until(before.journal.append({ ...claim, expectedVersion: 0, events: [event] }));
    disk.close();
    assert.ok(disk.flip(place));
    await assert.rejects(until(persistenceOn(open()).journal.claim("x")), /corrupt.*checksum/);
  }
});
