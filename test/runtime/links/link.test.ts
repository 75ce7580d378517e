import assert from "node:assert/strict";
import { test } from "node:test";
import { sealFrame } from "#protocols/frame-seal.ts";
import { headerBytes } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";
import { World } from "./link-world.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("messages arrive in order, and the link knows when all are acknowledged", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  for (const index of numbers(10)) assert.equal(a.send(index), "accepted");
  world.run(100);
  assert.deepEqual(b.received, numbers(10));
  assert(a.link.isDrained);
  assert.deepEqual([a.events, b.events], [["up b~1"], ["up a~1"]]);
});

test("whoever is greeted dials back, so that both sides know of each other", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send("first");
  world.run(100);
  b.send("back");
  world.run(50);
  assert.deepEqual(a.received, ["back"]);
  assert.equal(a.link.statistics.state, "open");
  assert.equal(b.link.statistics.state, "open");
});

test("a peer without a link is declared down once, with what it never acknowledged", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 7, "a");
  a.send(1);
  world.run(100);
  world.kill(b);
  assert.equal(a.send(2, 7), "accepted");
  world.run(1_400);
  assert.deepEqual(a.events, ["up b~7"]);
  world.run(200);
  assert.deepEqual(a.events, ["up b~7", "down b~7 lost 1"]);
  assert.equal(a.send(3, 7), "node_down");
  world.run(5_000);
  assert.equal(a.events.length, 2);
});

test("a silent peer is declared down although its connections stand, on both sides", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send(1);
  world.run(500);
  const pairs = [a, b];
  for (let passed = 0; passed < 2_400; passed += 50) {
    world.connect();
    world.flights = [];
    world.advance(50);
  }
  for (const node of pairs) assert.match(node.events.join(), /^up .~1,down .~1 lost 0$/);
});

test("a process that did not run itself does not blame its peers", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  world.start("b", 1, "a");
  a.send(1);
  world.run(500);
  world.nowMs += 10_000;
  for (const node of world.nodes) node.link.tick(world.nowMs, 10_000);
  world.run(500);
  assert.deepEqual(a.events, ["up b~1"]);
});

test("a restarted peer gets only the new messages; the old ones are reported lost", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const old = world.start("b", 1, "a");
  a.send("seen");
  world.run(100);
  world.flights = [];
  a.send("sent to the old", 1);
  world.kill(old);
  a.send("for the old", 1);
  a.send("for anyone");
  const fresh = world.start("b", 2, "a");
  world.run(700);
  assert.deepEqual(old.received, ["seen"]);
  assert.deepEqual(fresh.received, ["for anyone"]);
  assert.deepEqual(a.events, ["up b~1", "down b~1 lost 2", "up b~2"]);
});

test("a newer process's greeting ends the older one", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const old = world.start("b", 1, "a");
  a.send(1);
  world.run(100);
  world.nodes.splice(world.nodes.indexOf(old), 1);
  const fresh = world.start("b", 2, "a");
  fresh.send("hello");
  world.run(100);
  assert.deepEqual(a.received, ["hello"]);
  assert.deepEqual(a.events.slice(0, 3), ["up b~1", "down b~1 lost 0", "up b~2"]);
});

test("an older incarnation than the known one is refused and told so", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const fresh = world.start("b", 2, "a");
  a.send(1);
  world.run(100);
  world.kill(fresh);
  const zombie = world.start("b", 1, "a");
  zombie.send("from the grave");
  world.run(500);
  assert.deepEqual(a.received, []);
  assert(zombie.events.includes("refused by a~1"));
});

test("a peer that was declared down stays refused until it is started anew", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send(1);
  world.run(100);
  world.nodes.splice(world.nodes.indexOf(b), 1);
  for (const connection of [...world.connections]) world.breakConnection(connection);
  world.run(2_000);
  assert(a.events.includes("down b~1 lost 0"));
  world.nodes.push(b);
  b.send("still here");
  world.run(1_000);
  assert.deepEqual(a.received, []);
  assert(b.events.some((event) => event.startsWith("refused by a~1")));
  world.kill(b);
  const fresh = world.start("b", 2, "a");
  fresh.send("anew");
  world.run(1_000);
  assert.deepEqual(a.received, ["anew"]);
});

test("what waits for a name that nobody bears is reported, and later messages may still go", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  a.send("too early");
  world.run(1_400);
  assert.deepEqual(a.events, []);
  world.run(300);
  assert.deepEqual(a.events, ["down b~0 lost 1"]);
  const b = world.start("b", 1, "a");
  a.send("now");
  world.run(600);
  assert.deepEqual(b.received, ["now"]);
});

test("what is meant for an incarnation that never shows up is reported and holds up nobody", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send(1);
  world.run(100);
  assert.equal(a.send("for a stranger", 9), "accepted");
  a.send(2);
  world.run(100);
  assert.deepEqual(b.received, [1, 2]);
  world.run(1_600);
  assert.deepEqual(a.events, ["up b~1", "down b~9 lost 1"]);
  assert.equal(a.send("again", 9), "node_down");
});

test("a full link refuses further messages and recovers with the acknowledgements", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  let taken = 0;
  while (a.link.send(0, { kind: "cancel", correlation: taken }) === "accepted") taken++;
  assert.equal(taken, limits.linkControlsMax);
  a.link.flush(world.nowMs);
  world.run(200);
  assert.equal(b.delivered.length, taken);
  assert.equal(a.send("room again"), "accepted");
});

test("a goodbye ends the peer at once", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send(1);
  world.run(100);
  b.link.leave(world.nowMs);
  world.run(20);
  assert(b.link.hasLeft);
  assert.deepEqual(a.events, ["up b~1", "down b~1 lost 0"]);
  assert(!b.events.some((event) => event.startsWith("refused")));
});

test("a batch that stays unreadable ends the link on both sides, with what was in it", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send(1);
  world.run(100);
  a.send({ spoiled: "on the way" });
  for (let passed = 0; passed < 600; passed += 10) {
    world.connect();
    while (world.flights.length > 0) {
      const bytes = world.flights[0]?.parts[0];
      if (bytes?.includes("spoiled")) {
        bytes[headerBytes] = 0xc1;
        sealFrame(bytes);
      }
      world.land(0);
    }
    world.advance(10);
  }
  assert.deepEqual(b.received, [1]);
  assert.equal(b.link.statistics.framesRefused, 3);
  assert(b.events.includes("down a~1 lost 0"));
  assert(a.events.includes("down b~1 lost 1"));
});

test("another protocol version is refused with what to do", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send("lost");
  world.connect();
  const [flight] = world.flights;
  const hello = flight?.parts[0];
  hello?.writeDoubleBE(99, headerBytes + 24);
  if (hello) sealFrame(hello);
  while (world.flights.length > 0) world.land(0);
  assert.deepEqual(b.events, []);
  assert.deepEqual(a.events, ["down b~0 lost 1", "down b~1 lost 0"]);
});

test("a listener that would speak a version of its own is not talked to", () => {
  const world = new World();
  const a = world.start("a", 1, "b");
  const b = world.start("b", 1, "a");
  a.send("lost");
  world.connect();
  world.land(0);
  const welcome = world.flights.find(({ direction }) => direction === "back")?.parts[0];
  assert(welcome);
  welcome.writeDoubleBE(99, headerBytes + 24);
  sealFrame(welcome);
  while (world.flights.length > 0) world.land(0);
  assert.deepEqual([a.events, b.received], [[], []]);
});
