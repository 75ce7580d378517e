// Who is removed because it does not come back, and how it comes back all the same. On virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, type Book, end, type KnownNode } from "#actors/registry/known-nodes.ts";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { goneIn } from "#actors/registry/node-removal.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { NodeAgent, NodeRegistry } from "#protocols/tasks/node.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { createTestPair } from "#runtime/testkit/test-system.ts";
import { sampleCapability, sampleLoad } from "./sample-capability.ts";

/** Lives, and says nothing. */
class SilentAgent extends Actor<NodeAgent> implements Handlers<NodeAgent> {
  static readonly protocol = NodeAgent;
  report(): never {
    throw reply(new Failure("unavailable", "it has no figures"));
  }
  introduce(): void {}
  leave(): Ack {
    return ack;
  }
  leaveObstacle(): null {
    return null;
  }
}

const removeAfterMs = 60_000;
const heartbeatMs = 1_000;

async function stage() {
  const { a, b } = await createTestPair([NodeRegistry, NodeAgent, Store]);
  const { crashesInMinute: _, ...load } = sampleLoad;
  const probe = { pid: 7, load: () => load };
  const startStore = () => a.system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const store = startStore();
  const registry = a.system.spawn(NodeRegistryActor, { heartbeatMs, removeAfterMs });
  const startAgent = () =>
    b.system.spawn(NodeAgentActor, { capabilities: sampleCapability, probe });
  const agent = startAgent();
  await a.time.advance(2_000);
  const answerOf = async <T>(asked: Promise<T>): Promise<T> => {
    await a.time.settle();
    return asked;
  };
  const names = async () => (await answerOf(registry.list())).map(({ name }) => name);
  const kept = async () => (await answerOf(store.nodes({ limit: 10 }))).map(({ node }) => node);
  return { a, b, store, startStore, registry, startAgent, agent, answerOf, names, kept };
}

test("a node that stays offline is removed, with the reason told, and comes back as a new one", async () => {
  const { a, b, agent, answerOf, kept, names, registry, startAgent, store } = await stage();
  await answerOf(b.system.stopActor(agent));
  await a.time.advance(removeAfterMs - 5_000);
  assert.deepEqual([await names(), await kept()], [["b"], ["b"]]);
  await a.time.advance(10_000);
  assert.deepEqual([await names(), await kept()], [[], []]);
  const read = store.readEvents({ channel: channelOf.node("b"), afterSeq: 0, limit: 100 });
  const { events } = await answerOf(read);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  assert.deepEqual(
    events.slice(-1).map(({ payload: { reason }, type }) => ({ reason, type })),
    [{ type: "removed", reason: "offline for 60000 ms: its agent was stopped" }],
  );
  startAgent();
  await a.time.advance(2_000);
  assert.deepEqual([await names(), await kept()], [["b"], ["b"]]);
  assert.equal((await answerOf(registry.node("b")))?.status, "online");
});

test("while the store is away nobody is removed; then it is made up for", async () => {
  const { a, b, agent, answerOf, names, startStore, store } = await stage();
  await answerOf(b.system.stopActor(agent));
  await a.time.advance(1_000);
  await answerOf(a.system.stopActor(store));
  await a.time.advance(2 * removeAfterMs);
  assert.deepEqual(await names(), ["b"]);
  startStore();
  await a.time.advance(2_000);
  assert.deepEqual(await names(), []);
});

test("who only stands still is removed, too, and is heard again without a crash", async () => {
  const { a, answerOf, names, registry } = await stage();
  const silent = a.system.spawn(SilentAgent);
  const life = { agent: silent, name: "c", pid: 1, capabilities: sampleCapability };
  await answerOf(registry.register({ ...life, incarnation: 1 }));
  await a.time.advance(9_000);
  assert.deepEqual(await names(), ["b", "c"]);
  await a.time.advance(removeAfterMs + 5_000);
  assert.deepEqual(await names(), ["b"]);
  // It goes on with the incarnation that was forgotten, or with an older one: its name is free.
  await answerOf(registry.register({ ...life, incarnation: 1 }));
  assert.deepEqual(await names(), ["b", "c"]);
  await answerOf(a.system.stopActor(silent));
  assert.equal((await answerOf(registry.node("c")))?.statusReason, "its agent was stopped");
  assert.deepEqual(a.fatal, []);
});

test("who is paused, in quarantine, at work, or heard stays however long it is silent", async () => {
  const { a, agent, answerOf, registry } = await stage();
  const view = await answerOf(registry.node("b"));
  assert.ok(view);
  const at = { now: 0, wall: 1_000 };
  const registration = { agent, name: "b", incarnation: 1, pid: 1, capabilities: sampleCapability };
  const admission = admit([], registration, { ...at, nodesMax: 10 });
  assert.ok("book" in admission);
  const [silent] = end(admission.book, agent, { kind: "stopped" }, at);
  assert.ok(silent);
  const goneAt = (now: number, change: Partial<KnownNode["view"]> = {}) => {
    const book: Book = [{ ...silent, view: { ...silent.view, ...change } }];
    return goneIn(book, { now, wall: 1_000 + now, removeAfterMs }).length;
  };
  assert.deepEqual([goneAt(removeAfterMs - 1), goneAt(removeAfterMs)], [0, 1]);
  const hold = { reason: "new disk", by: null, since: 0 };
  const counts = { total: 5, completed: 0, failed: 5, runSecondsMean: 0, failuresInRow: 5 };
  const held = (quarantinedUntil: number) => ({ statistics: { ...counts, quarantinedUntil } });
  assert.equal(goneAt(removeAfterMs, { hold: { ...hold, kind: "paused" } }), 0);
  assert.equal(goneAt(removeAfterMs, { hold: { ...hold, kind: "draining" } }), 1);
  assert.equal(goneAt(removeAfterMs, held(removeAfterMs + 1_001)), 0);
  assert.equal(goneAt(removeAfterMs, held(removeAfterMs + 1_000)), 1);
  assert.equal(goneAt(removeAfterMs, { runningTasks: 1 }), 0);
  assert.equal(goneAt(removeAfterMs, { status: "suspect" }), 0);
  assert.deepEqual(a.fatal, []);
});

test("a time that is too short for a node to start anew is refused", () => {
  assert.throws(() => NodeRegistryActor.initial({ heartbeatMs, removeAfterMs: 4_999 }), {
    code: "invalid",
  });
});
