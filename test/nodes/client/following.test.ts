// Followers of channels, with a real store and StateManager on a node of their own, over real links.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { connectCluster, type Followed, type Following } from "#nodes/client/index.ts";
import { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { State } from "#protocols/tasks/state.ts";
import { StateListener } from "#protocols/tasks/state-notices.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { startSystem } from "#runtime/start-system.ts";

async function cluster(context: TestContext) {
  const { session, system, address } = await startSystem({
    node: { name: "control", incarnation: nodeClock.wall() },
    ...{ bind: "tcp://127.0.0.1:*", director: "control", peers: new Map() },
    ...{ protocols: [Store, Queue, Worker, State, StateListener], log: { write: () => {} } },
  });
  context.after(() => system.shutdown());
  await session.opened;
  await system.started(system.spawn(StoreActor, { kind: "memory" }, { name: "store" }));
  await system.started(system.spawn(QueueManager, { queues: [] }, { name: "queue" }));
  const client = await connectCluster({ director: address });
  context.after(() => client.close());
  return { system, client, store: await system.lookup(Store, "store") };
}

async function seqsOf(following: Following, count: number): Promise<readonly number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const { value } = await following.next();
    if (value?.kind === "event") seqs.push(value.seq);
  }
  return seqs;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

test("a follower that reads slowly gets every event, in order, and holds few of them", async (context) => {
  const { client, store } = await cluster(context);
  const following = await client.follow("room:hall");
  const said = { channel: "room:hall", type: "said", taskId: null, payload: { by: "Ada" } };
  for (let times = 0; times < 10; times += 1) await store.appendEvents(Array(100).fill(said));
  assert.deepEqual(await seqsOf(following, 600), upTo(600));
  const { position } = following;
  following.close();
  const next = await client.follow("room:hall", { after: position });
  assert.deepEqual(await seqsOf(next, 400), upTo(1_000).slice(600));
  const whole = await client.follow("room:hall", { after: "start" });
  assert.deepEqual(await seqsOf(whole, 1_000), upTo(1_000));
});

test("the StateManager rings for followers, and they go on without it", async (context) => {
  const { client, store, system } = await cluster(context);
  const state = system.spawn(StateManager, { mirror: null }, { name: "state" });
  await system.started(state);
  const { taskId } = await client.submit({ type: "a", model: "m", parameters: {}, inputs: [] });
  const watched = await client.watchTask(taskId);
  const everybody = await client.follow("system");
  const [lease] = await store.claim({ node: "w", incarnation: 1, models: ["m"], max: 1 });
  assert.ok(lease);
  await client.updateTaskStatus(taskId, { lease, progress: 0.25, message: "a quarter" });
  const progress = await until(watched, ({ kind }) => kind === "progress");
  assert.ok(progress.kind === "progress" && progress.progress === 0.25);
  const told = await client.broadcastNotification("with it", "error");
  assert.equal(told.by, "state");
  const first = await until(everybody, ({ kind }) => kind === "event");
  const status = await client.getSystemStatus();
  assert.ok(status.state.kind === "known" && status.state.value?.subscriptions.subscribers === 1);
  await system.stopActor(state);
  const after = await client.broadcastNotification("without it", "error").catch(async (cause) => {
    assert.ok(Failure.of(cause).isRetryable, String(cause));
    return client.broadcastNotification("without it", "error");
  });
  const second = await until(everybody, ({ kind }) => kind === "event");
  assert.ok(first.kind === "event" && second.kind === "event");
  assert.deepEqual([first.seq, second.seq], [1, 2]);
  assert.deepEqual([second.seq, after.by], [after.seq, "store"]);
});

test("followers are bounded, and their places are given back", async (context) => {
  const { client } = await cluster(context);
  const open: Following[] = [];
  for (let count = 0; count < 256; count += 1) open.push(await client.follow("room:full"));
  const refused = await client.follow("room:full").catch((cause: unknown) => Failure.of(cause));
  assert.ok(refused instanceof Failure && refused.code === "unavailable");
  assert.match(refused.detail, /256 followers are open, the most there may be/);
  for (const following of open) following.close();
  const aborted = new AbortController();
  const again = await client.follow("room:full", { signal: aborted.signal });
  const waiting = again.next();
  aborted.abort();
  assert.equal((await waiting).done, true);
});

test("a follower that is aborted before it begins takes no place", async (context) => {
  const { client } = await cluster(context);
  for (const signal of [AbortSignal.abort(), undefined]) {
    const aborted = new AbortController();
    const begins = client.follow("room:gone", { signal: signal ?? aborted.signal });
    aborted.abort();
    assert.equal((await (await begins).next()).done, true);
    assert.equal(client.followersBound.highest, 0);
  }
});

async function until(following: Following, isIt: (item: Followed) => boolean): Promise<Followed> {
  for await (const item of { [Symbol.asyncIterator]: () => ({ next: () => following.next() }) }) {
    if (isIt(item)) return item;
  }
  return assert.fail("the follower ended early");
}
