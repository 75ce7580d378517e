// Development modes: messages that nobody can change, and messages that travel as to another node.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Deferred, type Handlers, protocol, type Ref, tell } from "#protocols/index.ts";
import { Actor, copiedMessages, frozenMessages, type MessageCare } from "#runtime/index.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";

interface Shelf {
  keep(...items: unknown[]): void;
  kept(): unknown[];
  keptLater(): unknown[];
  /** Changes what it was sent. */
  spoil(list: number[]): void;
  /** Says who it was that asked, after it has asked somebody itself. */
  path(neighbour: Ref<Shelf>): string;
  asker(): string;
}
const Shelf = protocol<Shelf>("care.Shelf@1", {
  keep: tell,
  kept: ask,
  keptLater: ask,
  spoil: tell,
  path: ask,
  asker: ask,
});

class ShelfActor extends Actor<Shelf, { items: unknown[] }> implements Handlers<Shelf> {
  static readonly protocol = Shelf;
  static initial = (): { items: unknown[] } => ({ items: [] });

  keep(...items: unknown[]): void {
    this.state.items.push(...items);
  }
  kept(): unknown[] {
    return this.state.items;
  }
  keptLater(): Deferred<unknown[]> {
    return this.ctx.defer(Promise.resolve(this.state.items));
  }
  spoil(list: number[]): void {
    list.push(9);
  }
  async path(neighbour: Ref<Shelf>): Promise<string> {
    await neighbour.kept();
    return neighbour.asker();
  }
  asker(): string {
    return this.ctx.sender?.$.address.path ?? "nobody";
  }
}

const world = (messages: MessageCare) => {
  const made = createTestSystem({ messages });
  return { ...made, shelf: made.system.spawn(ShelfActor, { name: "shelf" }) };
};

for (const [name, care] of [
  ["frozen", frozenMessages],
  ["copied", copiedMessages],
] as const) {
  test(`${name}: refs arrive as refs, and who asks after awaiting an ask is known`, async () => {
    const { system, time, shelf } = world(care);
    const neighbour = system.spawn(ShelfActor, { name: "neighbour" });
    assert.equal(await time.until(shelf.path(neighbour)), "/shelf");
    assert.equal(await time.until(shelf.$.with({ within: 50 }).path(neighbour)), "/shelf");
  });
}

test("frozen: whoever changes what was sent crashes at that line, sender and receiver alike", async () => {
  const { time, shelf, log } = world(frozenMessages);
  const list = [1];
  shelf.spoil(list);
  await time.settle();
  assert.match(log[0]?.message ?? "", /crashed in spoil: .*TypeError: Cannot add property 1/);
  assert.throws(() => list.push(2), TypeError);
  shelf.$.with({ within: 10 }).keep(list, { deep: { er: [list] } });
  assert.deepEqual(await time.until(shelf.kept()), [[1], { deep: { er: [[1]] } }]);
});

test("frozen: to its depth, with Map, Set and Date, whoever froze the outside before", async () => {
  const { time, shelf } = world(frozenMessages);
  const inside = { list: [1] };
  const map = new Map([["key", inside]]);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  shelf.keep(Object.freeze({ inside }), map, new Set([1]), new Date(0), circle);
  await time.settle();
  assert.throws(() => inside.list.push(2), TypeError);
  assert.throws(() => map.set("other", inside), /Cannot change what was sent/);
  assert.equal(map.get("key"), inside);
});

test("frozen: an answer that is the actor's own state shows itself at the next change", async () => {
  const { time, shelf, log } = world(frozenMessages);
  shelf.keep("first");
  assert.deepEqual(await time.until(shelf.kept()), ["first"]);
  shelf.keep("second");
  await time.settle();
  assert.match(log[0]?.message ?? "", /crashed in keep: .*TypeError: Cannot add property 1/);
});

test("frozen: bytes, functions and instances of classes pass as they are; depth has no bound", async () => {
  const { time, shelf } = world(frozenMessages);
  const bytes = Uint8Array.of(1);
  const error = new RangeError("odd");
  let deep: object = {};
  for (let level = 0; level < 100_000; level += 1) deep = { deep };
  shelf.keep(bytes, error, deep);
  const [gotBytes, gotError] = await time.until(shelf.kept());
  bytes[0] = 2;
  assert.equal(gotBytes, bytes);
  assert.equal(gotError, error);
  error.message = "odder";
});

test("copied: neither messages nor answers share memory with their sender", async () => {
  const { time, shelf } = world(copiedMessages);
  const list = [1];
  const large = new Uint8Array(10_000);
  shelf.keep(list, large, Buffer.from("small"));
  list.push(2);
  large[0] = 7;
  const got = await time.until(shelf.kept());
  assert.deepEqual(got[0], [1]);
  assert.deepEqual(got[1], Buffer.alloc(10_000));
  got.push("stranger");
  const later = await time.until(shelf.keptLater());
  assert.equal(later.length, 3);
  assert.deepEqual(later[2], Buffer.from("small"));
});

test("copied: what could not travel is refused with its place", async () => {
  const { system, time, shelf } = world(copiedMessages);
  const refusal = { code: "invalid", detail: /argument 2 of keep is a function/ };
  assert.throws(() => shelf.keep(1, () => 1), refusal);
  assert.throws(() => shelf.$.with({ within: 5 }).keep(1, () => 1), refusal);
  assert.throws(() => shelf.keep("x".repeat(2_000_000)), { code: "too_large" });
  shelf.keep("plain");
  assert.deepEqual(await time.until(shelf.kept()), ["plain"]);
  assert.equal(system.asks.openCount, 0);
});

test("copied: an answer that could not travel fails its ask, and nobody crashes", async () => {
  const { system, time, log, shelf } = world(copiedMessages);
  class OddActor extends ShelfActor {
    override kept(): unknown[] {
      return [new RangeError("odd")];
    }
  }
  const odd = system.spawn(OddActor);
  await assert.rejects(time.until(odd.kept()), { code: "invalid", detail: /the reply\[0\]/ });
  await assert.rejects(time.until(odd.$.with({ within: 50 }).kept()), { code: "invalid" });
  assert.deepEqual(await time.until(shelf.kept()), []);
  assert.deepEqual(log, []);
});
