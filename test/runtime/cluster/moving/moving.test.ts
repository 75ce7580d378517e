// One actor that moves between whole nodes: what it takes along, and how others reach it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MovableNodes } from "./movable-nodes.ts";
import { LedgerActor, ParentActor, TalkerActor, WatcherActor } from "./numbered-actors.ts";

const classes = [LedgerActor, ParentActor, TalkerActor];

const rising = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

test("an actor moves with its state, and its old ref goes on working", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("a");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  ref.heard("test", 0);
  await nodes.time.until(system.move(ref, { to: "b" }));
  ref.heard("test", 1);
  assert.equal(await nodes.time.until(ref.where()), "b");
  assert.deepEqual(await nodes.time.until(ref.all()), { test: [0, 1], ticks: [0] });
});

test("over many moves each sender's messages are handled once, in their order", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("a");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  for (const name of ["a", "b", "c"]) {
    const talker = nodes.of(name).system.spawn(TalkerActor, { name }, { name: `talker-${name}` });
    talker.talk(
      nodes
        .of(name)
        .system.refFrom(
          LedgerActor.protocol,
          nodes.of(name).system.revive(ref.$.address, ref.$.protocolId),
        ),
      500,
    );
  }
  for (const to of ["b", "c", "a", "c", "b", "a", "b"]) {
    await nodes.run(30);
    await nodes.time.until(system.move(ref, { to }));
    assert.equal(await nodes.time.until(ref.where()), to);
  }
  await nodes.run(1000);
  const all = await nodes.time.until(ref.all());
  for (const name of ["a", "b", "c"]) assert.deepEqual(all[name], rising(500), name);
});

test("asks, timers and what waits go along; the asker gets its answer", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("a");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  const there = nodes.of("c").system;
  const far = there.refFrom(LedgerActor.protocol, there.revive(ref.$.address, ref.$.protocolId));
  ref.tickLater(200);
  const busy = ref.slow(30);
  const counted = far.count("x");
  const waiting = [ref.where(), far.where()];
  await nodes.run(10);
  const moved = system.move(ref, { to: "b" });
  const late = [ref.where(), far.where()];
  await nodes.time.until(moved);
  assert.equal(await nodes.time.until(busy), 0);
  assert.equal(await nodes.time.until(counted), 0);
  for (const where of [...waiting, ...late]) assert.equal(await nodes.time.until(where), "b");
  await nodes.run(300);
  assert.deepEqual((await nodes.time.until(far.all())).ticks, [1]);
});

test("a watcher hears nothing of moves, and of the end once", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("a");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  const heard: string[] = [];
  for (const name of ["a", "b", "c"]) {
    const own = nodes.of(name).system;
    const watched = own.revive(ref.$.address, ref.$.protocolId);
    own.spawn(WatcherActor, { name, watched, heard }, { name: "watcher" });
  }
  await nodes.run(20);
  for (const to of ["b", "c", "b"]) await nodes.time.until(system.move(ref, { to }));
  await nodes.run(50);
  assert.deepEqual(heard, []);
  ref.end();
  await nodes.run(100);
  assert.deepEqual(heard.sort(), ["a stopped", "b stopped", "c stopped"]);
});

test("its birth node ends: the refs go on working, and nobody hears of an end", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("b");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  const heard: string[] = [];
  const own = nodes.of("a").system;
  const far = own.refFrom(LedgerActor.protocol, own.revive(ref.$.address, ref.$.protocolId));
  own.spawn(WatcherActor, { name: "a", watched: far, heard }, { name: "watcher" });
  await nodes.run(20);
  await nodes.time.until(system.move(ref, { to: "c" }));
  nodes.kill("b");
  await nodes.run(100);
  assert.equal(await nodes.time.until(far.where()), "c");
  assert.deepEqual(heard, []);
  nodes.kill("c");
  await nodes.run(20_000);
  assert.deepEqual(heard, ["a node-down"]);
  await assert.rejects(nodes.time.until(far.where()), { code: "node_down" });
});

test("what cannot move stays, unharmed, and the text says why", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b");
  const { system } = nodes.of("a");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  const moved = (to: string): Promise<void> => nodes.time.until(system.move(ref, { to }));
  await assert.rejects(moved("nowhere"), { code: "not_found" });
  await assert.rejects(moved("a"), { code: "invalid", message: /target_is_here/ });
  ref.grumble();
  ref.heard("x", 0);
  await assert.rejects(moved("b"), {
    code: "invalid",
    message: /state.*bad\.nested\[0\] is a function/,
  });
  assert.equal(await nodes.time.until(ref.where()), "a");
  const parent = system.spawn(ParentActor, { name: "parent" });
  const child = await nodes.time.until(parent.child());
  await assert.rejects(nodes.time.until(system.move(child, { to: "b" })), {
    message: /has_parent/,
  });
  await assert.rejects(nodes.time.until(system.move(parent, { to: "b" })), {
    message: /has_children/,
  });
});

test("a name goes along, and is found when the former node has left", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("b");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  await nodes.time.until(system.register("desk", ref));
  await nodes.time.until(system.move(ref, { to: "c" }));
  await nodes.run(50);
  nodes.kill("b");
  await nodes.run(5_000);
  const found = await nodes.time.until(nodes.of("a").system.lookup(LedgerActor.protocol, "desk"));
  assert.equal(await nodes.time.until(found.where()), "c");
});

test("a node is drained of all that can move, and tells what stays", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("b");
  const refs = Array.from({ length: 20 }, () => system.spawn(LedgerActor));
  system.spawn(ParentActor, { name: "parent" });
  const { moved, stayed } = await nodes.time.until(system.drain(5_000));
  assert.equal(moved, 21);
  assert.deepEqual(
    stayed.map(({ ref }) => ref.$.address.path),
    ["/session"],
  );
  const places = await nodes.time.until(Promise.all(refs.map((ref) => ref.where())));
  assert.ok(places.every((place) => place !== "b"));
  assert.ok(places.includes("a") && places.includes("c"), "they are spread");
});

test("the time of a move that is done ends no later one", async () => {
  const within = 400;
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b");
  const ref = nodes.of("b").system.spawn(LedgerActor, { name: "ledger" });
  const { system } = nodes.of("a");
  const far = system.refFrom(LedgerActor.protocol, system.revive(ref.$.address, ref.$.protocolId));
  await nodes.time.until(system.move(far, { to: "a", within }));
  await nodes.time.until(system.move(far, { to: "b", within }));
  const busy = far.slow(within + 100);
  await nodes.run(10);
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "a" }));
  assert.equal(await nodes.time.until(far.where()), "a");
  assert.equal(await nodes.time.until(busy), 0);
});

test("an actor is moved from any node, and stopped while it moves it is gone", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const ref = nodes.of("b").system.spawn(LedgerActor, { name: "ledger" });
  const { system } = nodes.of("a");
  const far = system.refFrom(LedgerActor.protocol, system.revive(ref.$.address, ref.$.protocolId));
  await nodes.time.until(system.move(far, { to: "c" }));
  assert.equal(await nodes.time.until(far.where()), "c");
  await nodes.time.until(system.move(far, { to: "a" }));
  assert.equal(await nodes.time.until(ref.where()), "a");
  const moving = system.move(far, { to: "b" });
  far.end();
  await nodes.time.until(moving.catch(() => {}));
  await nodes.run(200);
  await assert.rejects(nodes.time.until(far.where()), { code: "actor_stopped" });
});

test("a path of its former node leads to it from everywhere, also when it is back", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const ref = nodes.of("b").system.spawn(LedgerActor, { name: "ledger" });
  const heard: string[] = [];
  const byPath = ["a", "b", "c"].map((name) => {
    const { system } = nodes.of(name);
    const far = system.refTo(LedgerActor.protocol, { node: "b", path: "/ledger" });
    return { name, far, system };
  });
  let number = 0;
  const say = (): void => {
    for (const { far, name } of byPath) far.heard(name, number);
    number += 1;
  };
  for (const to of ["c", "a", "b", "a"]) {
    const moved = nodes.of("b").system.move(ref, { to });
    for (let times = 0; times < 20; times += 1) {
      say();
      await nodes.run(2);
    }
    await nodes.time.until(moved);
    for (const { far, name } of byPath) {
      assert.equal(await nodes.time.until(far.where()), to, `asked from ${name}`);
    }
  }
  const all = await nodes.time.until(ref.all());
  for (const { name } of byPath) assert.deepEqual(all[name], rising(number), name);
  for (const { far, name, system } of byPath) {
    system.spawn(WatcherActor, { name, watched: far, heard }, { name: "watcher" });
  }
  await nodes.run(50);
  assert.deepEqual(heard, []);
  ref.end();
  await nodes.run(100);
  assert.deepEqual(heard.sort(), ["a stopped", "b stopped", "c stopped"]);
});

test("who came up after its birth node had ended reaches it, also the next life of that node", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start("a", "b", "c");
  const ref = nodes.of("b").system.spawn(LedgerActor, { name: "ledger" });
  await nodes.time.until(nodes.of("b").system.register("desk", ref));
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  nodes.kill("b");
  await nodes.run(100);
  await nodes.start("b", "d");
  for (const name of ["a", "b", "c", "d"]) {
    const { system } = nodes.of(name);
    const found = await nodes.time.until(system.lookup(LedgerActor.protocol, "desk"));
    assert.equal(await nodes.time.until(found.where()), "c", `asked from ${name}`);
  }
  const { system } = nodes.of("d");
  const far = system.refFrom(LedgerActor.protocol, system.revive(ref.$.address, ref.$.protocolId));
  far.end();
  await nodes.run(100);
  await assert.rejects(nodes.time.until(far.where()), { code: "node_down" });
});

test("one that comes to a node which is ending ends with it, and everybody is told", async () => {
  const heard: string[] = [];
  let ending: Promise<void> | undefined;
  const nodes: MovableNodes = new MovableNodes(classes, {
    reached: (_, { side, step }) => {
      if (side === "target" && step === "preparedSent") ending = nodes.of("c").system.shutdown();
    },
  });
  await nodes.start("a", "b", "c");
  const busy = nodes.of("c").system.spawn(LedgerActor).slow(1_000);
  busy.catch(() => {});
  const { system } = nodes.of("b");
  const ref = system.spawn(LedgerActor, { name: "ledger" });
  await nodes.time.until(system.register("desk", ref));
  const own = nodes.of("a").system;
  const far = own.refFrom(LedgerActor.protocol, own.revive(ref.$.address, ref.$.protocolId));
  own.spawn(WatcherActor, { name: "a", watched: far, heard }, { name: "watcher" });
  await nodes.run(20);
  const asked: Promise<string>[] = [far.where(), ref.where()];
  const moved = system.move(ref, { to: "c" });
  asked.push(far.where(), ref.where());
  await nodes.time.until(moved);
  for (const each of asked) await nodes.time.until(each.catch(() => "refused"));
  await nodes.run(500);
  assert.deepEqual(heard, ["a stopped"]);
  await assert.rejects(nodes.time.until(far.where()), { code: "actor_stopped" });
  await assert.rejects(nodes.time.until(own.lookup(LedgerActor.protocol, "desk", 100)), {
    code: "not_found",
  });
  await nodes.time.until(ending ?? Promise.reject(new Error("it did not end")));
});
