// Names over several nodes: who has one, since when, and when it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { sessionLostTopic } from "#runtime/cluster/directory/directory-session.ts";
import { Receptionist } from "#runtime/cluster/names/receptionist.ts";
import { Actor } from "#runtime/core/actor.ts";
import { ClusterStage } from "../directory/cluster-stage.ts";
import { codeOf } from "../directory/directory-contract.ts";

interface Desk {
  ping(): string;
  close(): void;
}
const Desk = protocol<Desk>("test.Desk@1", { ping: ask, close: tell });
interface Other {
  ping(): string;
}
const Other = protocol<Other>("test.OtherDesk@1", { ping: ask });

class DeskActor extends Actor<Desk> implements Handlers<Desk> {
  static readonly protocol = Desk;
  ping(): string {
    return this.ctx.node.name;
  }
  close(): void {
    this.ctx.stop();
  }
}

test("a node that leaves keeps its names until their bearers have ended", async () => {
  let end = (): void => {};
  class SlowDeskActor extends DeskActor {
    override stopped(): Promise<void> {
      return new Promise((resolve) => {
        end = resolve;
      });
    }
  }
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  await time.until(b.system.register("desk", b.system.spawn(SlowDeskActor)));
  const rival = a.system.spawn(DeskActor);
  const left = b.system.shutdown();
  await time.advance(1_000);
  assert.equal(await time.until(codeOf(a.system.register("desk", rival))), "name_taken");
  end();
  await time.until(left);
  await time.until(a.system.register("desk", rival));
  await stage.end();
});

test("a name has one bearer, ends with it, and its next fence is higher", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  const first = b.system.spawn(DeskActor);
  const { fence, name } = await time.until(b.system.register("desk", first));
  assert.equal(name, "desk");
  assert.equal((await time.until(b.system.register("desk", first))).fence, fence, "again");
  const rival = a.system.spawn(DeskActor);
  assert.equal(await time.until(codeOf(a.system.register("desk", rival))), "name_taken");
  assert.equal(await time.until((await time.until(a.system.lookup(Desk, "desk"))).ping()), "b");
  assert.equal(await time.until(codeOf(a.system.lookup(Other, "desk"))), "invalid");
  await time.until(b.system.stopActor(first));
  await time.settle();
  assert.equal(await time.until(codeOf(a.system.lookup(Desk, "desk", 100))), "not_found");
  const second = await time.until(a.system.register("desk", rival));
  assert.ok(second.fence > fence);
  await stage.end();
});

test("one that is looked up before it is there is found when it comes", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  const waiting = a.system.lookup(Desk, "late", 5_000);
  await time.advance(2_000);
  await time.until(b.system.register("late", b.system.spawn(DeskActor)));
  assert.equal(await time.until((await time.until(waiting)).ping()), "b");
  assert.equal(time.now(), 2_000);
  await stage.end();
});

test("the names of a node that died end with its session; of one that starts anew, too", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  await time.until(b.system.register("desk", b.system.spawn(DeskActor)));
  stage.takeDown("b");
  const rival = a.system.spawn(DeskActor);
  assert.equal(await time.until(codeOf(a.system.register("desk", rival))), "name_taken");
  await time.advance(stage.ttlMs);
  await time.until(a.system.register("desk", rival));
  await stage.end();
});

test("a session that cannot be renewed is lost once, told once, and claims no more", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  await stage.start("a");
  const b = await stage.start("b");
  const told: string[] = [];
  b.session.onLost(({ code }) => told.push(`callback ${code}`));
  b.system.events.subscribe(sessionLostTopic, ({ node }) => told.push(`event ${node.name}`));
  stage.cut("b");
  assert.ok(await time.advanceUntil(() => told.length > 0, stage.ttlMs));
  assert.ok(time.now() >= stage.ttlMs / 2 && time.now() <= stage.ttlMs - b.session.marginMs);
  stage.heal("b");
  await time.advance(30_000);
  assert.deepEqual(told, ["callback session_lost", "event b"]);
  const desk = b.system.spawn(DeskActor);
  assert.equal(await time.until(codeOf(b.system.register("desk", desk))), "session_lost");
  await stage.end();
});

test("an older life of a node is refused for good, and says so", async () => {
  const stage = new ClusterStage([Desk]);
  await stage.start("a");
  await stage.start("b", { incarnation: 7 });
  await assert.rejects(stage.start("b", { incarnation: 6 }), { code: "node_down" });
  await stage.end();
});

test("all of a kind are found over all nodes, as they come and as they go", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  const seen: string[] = [];
  const at = { a: new Receptionist(a.system, a.session), b: new Receptionist(b.system, b.session) };
  const first = b.system.spawn(DeskActor, { name: "first" });
  await time.until(at.b.register(first));
  await time.until(at.b.register(first));
  const end = at.a.subscribe(Desk, {
    found: (ref) => seen.push(`+${ref.$.address.path}`),
    gone: (ref) => seen.push(`-${ref.$.address.path}`),
    listed: () => seen.push("listed"),
  });
  await time.settle();
  await time.until(at.a.register(a.system.spawn(DeskActor, { name: "second" })));
  await time.settle();
  const trusted = { takesWork: ({ name }: { readonly name: string }) => name === "a" };
  assert.deepEqual(
    (await time.until(at.b.ready(Desk, trusted))).map((ref) => ref.$.address.path),
    ["/second"],
    "what lives on a node that is suspected is not ready",
  );
  first.close();
  await time.advance(50);
  assert.deepEqual(seen, ["+/first", "listed", "+/second", "-/first"]);
  assert.deepEqual(
    (await time.until(at.b.all(Desk))).map((ref) => ref.$.address.path),
    ["/second"],
  );
  end();
  await stage.end();
});

test("while the director is away claims wait; a new one goes on where the old one was", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  await stage.start("a");
  const [b, c] = [await stage.start("b"), await stage.start("c")];
  const first = b.system.spawn(DeskActor);
  const { fence } = await time.until(b.system.register("desk", first));
  const found = await time.until(c.system.lookup(Desk, "desk"));
  stage.takeDown("a");
  await time.advance(1_000);
  assert.equal(await time.until(found.ping()), "b", "refs go on");
  const claim = c.system.register("second", c.system.spawn(DeskActor));
  await time.settle();
  await stage.start("a", { incarnation: 2 });
  const second = await time.until(claim);
  assert.ok(second.fence > fence);
  assert.equal(await time.until((await time.until(c.system.lookup(Desk, "desk"))).ping()), "b");
  await time.advance(10_000);
  assert.equal(b.session.isSafe && c.session.isSafe, true, "nobody lost anything");
  await stage.end();
});

test("a director that stays away ends every session in time, and nobody claims", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  await stage.start("a");
  const b = await stage.start("b");
  stage.takeDown("a");
  const desk = b.system.spawn(DeskActor);
  assert.equal(await time.until(codeOf(b.system.register("desk", desk))), "unavailable");
  assert.ok(b.session.lost);
  await stage.end();
});
