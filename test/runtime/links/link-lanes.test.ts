// What may overtake what on a link, and what holds its sender back.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Envelope } from "#protocols/envelope.ts";
import { orderKey } from "#protocols/lanes.ts";
import { limits } from "#protocols/limits.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { type TestNode, World } from "./link-world.ts";

const tell = (uid: number, ...args: readonly unknown[]): Envelope => ({
  kind: "tell",
  to: { path: `/actor-${uid}`, uid },
  method: "take",
  args,
});
const watch = (uid: number): Envelope => ({
  kind: "watch",
  to: { path: `/actor-${uid}`, uid },
  watcher: uid,
});
const large = (byte: number, size: number = linkLimits.bulkBytesMin): Buffer =>
  Buffer.alloc(size, byte);

/** `tell 1 a`, `watch 2`; of large arrays the first byte and the size. */
const told = (envelope: Envelope): string => {
  if (envelope.kind !== "tell") return `${envelope.kind} ${orderKey(envelope)}`;
  const args = envelope.args.map((each) =>
    Buffer.isBuffer(each) && each.length > 64 ? `${each[0]}x${each.length}` : String(each),
  );
  return [envelope.kind, envelope.to.uid, ...args].join(" ");
};

function pair(): { world: World; a: TestNode; b: TestNode } {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send("greets");
  world.run(100);
  b.delivered.length = 0;
  return { world, a, b };
}

/** Lets everything land that lies in the air, once. */
function landAll(world: World): void {
  for (let left = world.flights.length; left > 0; left--) world.land(0);
}

test("a large array comes in chunks; who is told something else does not wait for it", () => {
  const { world, a, b } = pair();
  const size = linkLimits.chunkBytes * (linkLimits.chunksInFlightMax + 4);
  a.post(tell(1, large(7, size)));
  a.post(tell(2, "small"));
  a.post(tell(1, "behind the large one"));
  landAll(world);
  assert.deepEqual(b.delivered.map(told), ["tell 2 small"]);
  world.run(200);
  assert.deepEqual(b.delivered.map(told), [
    "tell 2 small",
    `tell 1 7x${size}`,
    "tell 1 behind the large one",
  ]);
  assert(a.link.isDrained);
});

test("control goes before everything that waits", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  for (let index = 0; index < 2_000; index++) a.post(tell(1, index));
  a.post(watch(5));
  world.run(200);
  assert.equal(b.delivered.length, 2_001);
  assert.equal(b.delivered.map(told).indexOf("watch #5"), 0);
});

test("a message arrives once with its bytes although its sender's peer loses chunks", () => {
  const { world, a, b } = pair();
  a.post(tell(1, large(3, linkLimits.chunkBytes * 3), large(4)));
  // The second chunk is lost.
  world.flights.splice(2, 1);
  world.run(500);
  assert.deepEqual(b.delivered.map(told), [
    `tell 1 3x${linkLimits.chunkBytes * 3} 4x${linkLimits.bulkBytesMin}`,
  ]);
  assert(a.link.statistics.chunksResent > 0);
});

test("a ping in the midst of a large array has nothing sent again", () => {
  const { world, a, b } = pair();
  const size = linkLimits.chunkBytes * 64;
  a.post(tell(1, large(5, size)));
  // Some frames land in each step, so that it takes several times as long as from ping to ping.
  for (let step = 0; step < 400; step += 1) {
    for (let frame = 0; frame < 2; frame += 1) if (world.flights.length > 0) world.land(0);
    world.advance(20);
  }
  world.run(500);
  assert.deepEqual(b.delivered.map(told), [`tell 1 5x${size}`]);
  assert.equal(a.link.statistics.chunksResent, 0);
});

test("a message whose bytes were not all there is reported when its receiver is gone", () => {
  const { world, a, b } = pair();
  a.post(tell(1, large(3, linkLimits.chunkBytes * 20)));
  landAll(world);
  world.kill(b);
  world.run(2_000);
  assert.deepEqual(a.lost.map(told), [`tell 1 3x${linkLimits.chunkBytes * 20}`]);
});

test("what the receiving engine keeps uses up the credit; what it releases gives it back", () => {
  const { world, a, b } = pair();
  b.delivery = "kept";
  const count = linkLimits.creditMessages + 5_000;
  for (let index = 0; index < count; index++) {
    assert.equal(a.post(tell(1, index)), "accepted");
    if (index % 1_000 === 0) world.run(20);
  }
  world.run(500);
  const arrived = b.delivered.length;
  assert(arrived <= linkLimits.creditMessages, `${arrived}`);
  assert(arrived > linkLimits.creditMessages / 2, `${arrived}`);
  // Control goes on.
  a.post(watch(9));
  world.run(50);
  assert.equal(told(b.delivered.at(-1) ?? watch(0)), "watch #9");
  b.delivery = "taken";
  b.link.released(arrived, 0, world.nowMs);
  world.run(500);
  assert.equal(b.delivered.length, count + 1);
  const numbers = b.delivered.flatMap((each) => (each.kind === "tell" ? each.args : []));
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, index) => index),
  );
});

test("senders hear when half of a link is used, and when a quarter is", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  for (let index = 0; index < limits.linkMessagesMax; index++) a.post(tell(1, index));
  assert.equal(a.post(tell(1, "one too many")), "link_full");
  assert.deepEqual(a.events, ["congested"]);
  world.start("b", 1, "a");
  world.run(300);
  assert.deepEqual(a.events, ["congested", "up b~1", "eased"]);
});

type Step =
  | { readonly kind: "tell"; readonly by: 0 | 1; readonly to: number; readonly size: number }
  | { readonly kind: "watch"; readonly by: 0 | 1; readonly to: number }
  | { readonly kind: "land" | "lose" | "repeat" | "break"; readonly at: number }
  | { readonly kind: "pass"; readonly ms: number };

const by = fc.constantFrom(0 as const, 1 as const);
const to = fc.integer({ min: 1, max: 3 });
const sizes = fc.constantFrom(
  ...[0, 0, 0, limits.payloadBytesMin, linkLimits.bulkBytesMin, linkLimits.chunkBytes + 1],
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("tell" as const), by, to, size: sizes }) },
  fc.record({ kind: fc.constant("watch" as const), by, to }),
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("land" as const), at: fc.nat(6) }) },
  fc.record({
    kind: fc.constantFrom("lose" as const, "repeat" as const, "break" as const),
    at: fc.nat(6),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 40 }) }),
);

function act(world: World, wanted: Step, sent: readonly [Envelope[], Envelope[]]): void {
  world.connect();
  switch (wanted.kind) {
    case "tell":
    case "watch": {
      const mine = sent[wanted.by];
      const number = mine.length;
      const bytes = wanted.kind === "tell" && wanted.size > 0 ? [large(number, wanted.size)] : [];
      const envelope =
        wanted.kind === "tell" ? tell(wanted.to, number, ...bytes) : watch(wanted.to);
      assert.equal(world.nodes[wanted.by]?.post(envelope), "accepted");
      mine.push(envelope);
      return;
    }
    case "land":
      if (world.flights.length > 0) world.land(wanted.at % world.flights.length);
      return;
    case "lose":
      if (world.flights.length > 0) world.flights.splice(wanted.at % world.flights.length, 1);
      return;
    case "repeat": {
      const flight = world.flights[wanted.at % Math.max(1, world.flights.length)];
      if (flight) world.arrive(flight);
      return;
    }
    case "break": {
      const connection = world.connections[wanted.at % Math.max(1, world.connections.length)];
      if (connection) world.breakConnection(connection);
      return;
    }
    case "pass":
      world.advance(wanted.ms);
      return;
    default:
      wanted satisfies never;
  }
}

const byReceiver = (envelopes: readonly Envelope[], kind: Envelope["kind"]): unknown =>
  Object.fromEntries(
    [1, 2, 3].map((uid) => [
      uid,
      envelopes
        .filter((each) => each.kind === kind && "to" in each && each.to.uid === uid)
        .map(told),
    ]),
  );

test("with large arrays and control among them, under any faults: once each, in order an actor", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const world = new World();
      const nodes = [world.start("a", 1, "b"), world.start("b", 1, "a")] as const;
      const sent: [Envelope[], Envelope[]] = [[], []];
      for (const node of nodes) node.send("greets");
      world.run(50);
      for (const node of nodes) node.delivered.length = 0;
      const endMs = world.nowMs + 650;
      for (const wanted of steps) if (world.nowMs < endMs) act(world, wanted, sent);
      world.run(6_000, 20);
      for (const index of [0, 1] as const) {
        const { delivered, link } = nodes[index === 0 ? 1 : 0];
        for (const kind of ["tell", "watch"] as const) {
          assert.deepEqual(byReceiver(delivered, kind), byReceiver(sent[index], kind));
        }
        assert.equal(delivered.length, sent[index].length);
        assert(link.isDrained);
      }
    }),
    { numRuns: 400 },
  );
});
