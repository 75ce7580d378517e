// Names, paths and refs: whom they mean now, after a restart, after an end, and on other nodes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import {
  createPuppetNodes,
  createPuppets,
  Latch,
  nameOf,
  outcomeOf,
  Puppet,
  PuppetActor,
  seenFrom,
} from "./puppet.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "done";
  } catch (error) {
    return Failure.of(error).code;
  }
};

test("an actor has a name of its own among its siblings, and a path from the root", async () => {
  const { puppet, system, diary } = createPuppets();
  const a = puppet({ name: "a" });
  const child = await a.act((ctx) => ctx.spawn(PuppetActor, { diary }, { name: "b.c-d_e$1" }));
  assert(typeof child === "object" && "$" in child);
  assert.equal(child.$.address.path, "/a/b.c-d_e$1");
  assert.equal(
    codeOf(() => puppet({ name: "a" })),
    "name_taken",
  );
  for (const name of ["", "/", "a/b", " a", "ä", ".", "..", "-", "x".repeat(65), "$1", "a\n"]) {
    assert.equal(
      codeOf(() => puppet({ name })),
      "invalid",
      JSON.stringify(name),
    );
  }
  assert.equal(
    codeOf(() => puppet({ name: "x".repeat(64) })),
    "done",
  );
  await system.stopActor(a);
  assert.equal(
    codeOf(() => puppet({ name: "a" })),
    "done",
  );
});

test("made up names differ from one another and lead to their actors", async () => {
  const { puppet, system } = createPuppets();
  const refs = Array.from({ length: 50 }, () => puppet());
  const paths = refs.map((ref) => ref.$.address.path);
  assert.equal(new Set(paths).size, 50);
  const path = paths[7] ?? assert.fail();
  const byPath = system.refTo(Puppet, { node: "test", path });
  assert.equal(await byPath.act((ctx) => ctx.path), path);
});

test("a ref means its actor through restarts, and nobody once that has ended", async () => {
  const { puppet, system } = createPuppets();
  const a = puppet({ name: "a" });
  await assert.rejects(
    a.act(() => {
      throw new Error("it crashes");
    }),
  );
  assert.equal(await a.act(() => "again"), "again");
  await system.stopActor(a);
  const next = puppet({ name: "a" });
  assert.equal(await outcomeOf(a.act(() => "x")), "actor_stopped");
  a.hint(() => assert.fail("it is not meant for the next one"));
  assert.equal(await next.act(() => "next"), "next");
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 2);
  const again = system.refFrom(Puppet, a);
  assert.equal(await outcomeOf(again.act(() => "x")), "actor_stopped");
});

test("a ref by path means whoever bears the path now", async () => {
  const { puppet, system } = createPuppets();
  const byPath = system.refTo(Puppet, { node: "test", path: "/a" });
  assert.equal(await outcomeOf(byPath.act(() => "x")), "actor_stopped");
  byPath.hint(() => {});
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 1);
  const first = puppet({ name: "a" });
  assert.equal(await byPath.act((ctx) => String(ctx.self.$.address.uid)), `${first.$.address.uid}`);
  await system.stopActor(first);
  assert.equal(await outcomeOf(byPath.act(() => "x")), "actor_stopped");
  const second = puppet({ name: "a" });
  assert.equal(
    await byPath.act((ctx) => String(ctx.self.$.address.uid)),
    `${second.$.address.uid}`,
  );
});

test("an ask in a handler or a mailbox fails when its actor stops", async () => {
  const { puppet, system, time } = createPuppets();
  const a = puppet({ stopTimeoutMs: 10 });
  const first = outcomeOf(a.act(() => new Promise(() => {})));
  const second = outcomeOf(a.act(() => "never"));
  await time.settle();
  const stopped = system.stopActor(a);
  await time.advance(20);
  await stopped;
  assert.deepEqual(await Promise.all([first, second]), ["actor_stopped", "actor_stopped"]);
});

test("a handler that ends after its actor was begun anew answers nobody and changes nothing", async () => {
  const { puppet, time, system } = createPuppets();
  const a = puppet({ stopTimeoutMs: 10 });
  const [latch, fail] = [new Latch(), new Latch()];
  const asked = outcomeOf(
    a.act(async (ctx) => {
      ctx.pipe(
        fail.opened.then(() => Promise.reject(new Error("x"))),
        "piped",
      );
      await latch.opened;
      return "too late";
    }),
  );
  await time.settle();
  fail.open();
  await time.advance(20);
  assert.equal(await asked, "actor_stopped");
  const busy = a.act((ctx) => ctx.sleep(5).then(() => "fresh"));
  await time.settle();
  latch.open();
  await time.settle();
  assert.deepEqual(system.inspect().children.at(-1)?.handling, ["act"], "it is still busy");
  await time.advance(5);
  assert.equal(await busy, "fresh");
  const { sent, processed, queued, dead, inFlight } = system.counts;
  assert.equal(sent, processed + queued + dead + inFlight);
});

test("a name that is registered is found, waited for, and free again when its actor ends", async () => {
  const { puppet, system, time } = createPuppets();
  const waiting = system.lookup(Puppet, "desk", 1_000);
  const never = outcomeOf(system.lookup(Puppet, "nowhere", 100));
  await time.advance(50);
  const a = puppet({ name: "a" });
  await a.act((ctx) => ctx.register("desk").then(() => ""));
  assert.equal(nameOf(await waiting), "a");
  await time.advance(100);
  assert.equal(await never, "not_found");
  const b = puppet({ name: "b" });
  const register = (): Promise<unknown> =>
    outcomeOf(b.act((ctx) => ctx.register("desk").then(() => "registered")));
  assert.equal(await register(), "name_taken");
  await system.stopActor(a);
  await time.settle();
  assert.equal(await register(), "registered");
  const found = await b.act((ctx) => ctx.lookup(Puppet, "desk"));
  assert(typeof found === "object" && "$" in found);
  assert.equal(nameOf(found), "b");
});

test("refs in messages work over three nodes: one's own, a child's, a dead one's, one handed on", async () => {
  const { nodes, time } = await createPuppetNodes();
  const [n1, n2, n3] = nodes;
  const home = n1.puppet({ name: "home" });
  const relay = n2.puppet({ name: "relay" });
  const far = n3.puppet({ name: "far" });
  const child = await home.act((ctx) =>
    ctx.spawn(PuppetActor, { diary: n1.diary }, { name: "child" }),
  );
  const dead = n1.puppet({ name: "dead" });
  await n1.system.stopActor(dead);
  assert(typeof child === "object" && "$" in child);
  const refs = [home, n1.system.refFrom(Puppet, child), dead];
  // From the first node to the second, which sends them on to the third, which asks each of them.
  const asked = seenFrom(n1, relay).act(
    (_, ...[toFar, ...others]) =>
      (toFar ?? assert.fail()).act(
        async (_ctx, ...arrived) => {
          const answers = arrived.map((ref) => outcomeOf(ref.act((ctx) => ctx.path)));
          return (await Promise.all(answers)).join(" ");
        },
        ...others,
      ),
    far,
    ...refs,
  );
  assert.equal(await time.until(asked), "/home /home/child actor_stopped");
});

test("a ref that goes away and comes back is the same actor's, and local again", async () => {
  const { nodes, time } = await createPuppetNodes();
  const [n1, n2] = nodes;
  const a = n1.puppet({ name: "a" });
  const mirror = seenFrom(n1, n2.puppet({ name: "mirror" }));
  const back = await time.until(mirror.act((_, ref) => ref, a));
  assert(typeof back === "object" && "$" in back);
  assert.equal(back.$.toString(), a.$.toString());
  assert.equal(n1.system.refFrom(Puppet, back).act(() => "x") instanceof Promise, true);
  assert.equal(await n1.system.refFrom(Puppet, back).act((ctx) => ctx.path), "/a");
});

test("a ref to a node's earlier life reaches nobody in the next one, a ref by path does", async () => {
  const { nodes, network, time } = await createPuppetNodes();
  const [n1, n2] = nodes;
  const old = seenFrom(n1, n2.puppet({ name: "a" }));
  const byPath = n1.system.refTo(Puppet, { node: "n2", path: "/a" });
  assert.equal(await time.until(byPath.act((ctx) => ctx.path)), "/a");
  network.takeDown("n2");
  await time.settle();
  assert.equal(await time.until(outcomeOf(old.act(() => "x"))), "node_down");
  assert.equal(await time.until(outcomeOf(byPath.act(() => "x"))), "node_down");
  const unknown = n1.system.refTo(Puppet, { node: "n9", path: "/a" });
  assert.equal(await time.until(outcomeOf(unknown.act(() => "x"))), "node_down");
});

interface Other {
  say(text: string): void;
}
const Other = protocol<Other>("test.Other@1", { say: tell });
class OtherActor extends Actor<Other> implements Handlers<Other> {
  static readonly protocol = Other;
  say(): void {}
}

test("a ref of another protocol is refused where one is asked for, and its messages do no harm", async () => {
  const { system } = createPuppets();
  const other: AnyRef = system.spawn(OtherActor, { name: "other" });
  assert.equal(
    codeOf(() => system.refFrom(Puppet, other)),
    "invalid",
  );
  const wrong: Ref<Puppet> = system.refTo(Puppet, { node: "test", path: "/other" });
  assert.equal(await outcomeOf(wrong.act(() => "x")), "unknown_message");
});
