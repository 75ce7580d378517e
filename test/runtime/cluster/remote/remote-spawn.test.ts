// Actors that are spawned on another node: where they come to be, what is refused, and that none is
// left behind that nobody knows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { SpawnService, spawnerPath } from "#protocols/cluster/spawn-protocol.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";
import { ClusterStage } from "../directory/cluster-stage.ts";
import { placedOnNode } from "./placed-on-node.ts";
import { Worker, WorkerActor } from "./remote-worker.ts";

test("an actor is spawned on a named node, works there, and is stopped from here", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const b = await stage.start("b", { actors: [WorkerActor] });
  const worker = await time.until(
    a.system.spawnOn("b", WorkerActor, { from: 5 }, { name: "counter" }),
  );
  assert.equal(await time.until(worker.add(2)), 7);
  assert.equal(await time.until(worker.where()), "b");
  assert.equal(worker.$.address.path, "/spawner/counter/counter");
  assert.deepEqual(placedOnNode(b.system), ["/spawner/counter/counter"]);
  await time.until(a.system.stopActor(worker));
  assert.deepEqual(placedOnNode(b.system), []);
  await assert.rejects(time.until(worker.where()), { code: "actor_stopped" });
  await time.until(a.system.stopActor(worker), 1_000);
  await stage.end();
});

test("what waits is handled first when it is stopped with a drain", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  await stage.start("b", { actors: [WorkerActor] });
  const worker = await time.until(a.system.spawnOn("b", WorkerActor, { from: 0 }));
  const sums = [1, 2, 3].map((by) => worker.add(by));
  const stopped = a.system.stopActor(worker, { pending: "drain" });
  assert.deepEqual(await time.until(Promise.all(sums)), [1, 3, 6]);
  await time.until(stopped);
  await stage.end();
});

test("an unknown class, a taken name, wrong arguments and an unknown node are refused by name", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const b = await stage.start("b", { actors: [WorkerActor] });
  await stage.start("c");
  class StrangeActor extends WorkerActor {}
  const from = { from: 1 };
  await assert.rejects(time.until(a.system.spawnOn("b", StrangeActor, from)), {
    code: "not_found",
    message: /b has no actor class StrangeActor, only: WorkerActor; give it the class/,
  });
  await assert.rejects(time.until(a.system.spawnOn("c", WorkerActor, from)), {
    code: "not_found",
    message: /c takes no actors from other nodes: start it with WorkerActor among its `actors`/,
  });
  await time.until(a.system.spawnOn("b", WorkerActor, from, { name: "one" }));
  await assert.rejects(time.until(a.system.spawnOn("b", WorkerActor, from, { name: "one" })), {
    code: "name_taken",
  });
  await assert.rejects(time.until(a.system.spawnOn("b", WorkerActor, { from: 1.5 })), {
    code: "invalid",
    message: /the arguments of WorkerActor do not fit: argument 1/,
  });
  const mailbox = { capacity: 0, whenFull: "reject" } as const;
  await assert.rejects(time.until(a.system.spawnOn("b", WorkerActor, from, { mailbox })), {
    code: "invalid",
    message: /capacity is 0/,
  });
  const supervise: SupervisionSpec = { ...supervisionDefault, decide: () => "stop" };
  await assert.rejects(time.until(a.system.spawnOn("b", WorkerActor, from, { supervise })), {
    code: "invalid",
    message: /decides by a function/,
  });
  await assert.rejects(time.until(a.system.spawnOn("nowhere", WorkerActor, from), 20_000), {
    code: "not_found",
    message: /the node nowhere was looked for, but there are only a, b, c; start one/,
  });
  assert.deepEqual(placedOnNode(b.system), ["/spawner/one/one"]);
  await stage.end();
});

test("nodes of a role take turns, the least loaded comes first, and one that fits is waited for", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const actors = [WorkerActor];
  for (const name of ["b", "c"]) await stage.start(name, { actors, roles: ["worker"] });
  const where = async (placement: Parameters<typeof a.system.spawnOn>[0]): Promise<string> => {
    const ref = await a.system.spawnOn(placement, WorkerActor, { from: 0 });
    return ref.where();
  };
  const byRole = [
    await time.until(where({ role: "worker" })),
    await time.until(where({ role: "worker" })),
  ];
  assert.deepEqual(byRole.toSorted(), ["b", "c"]);
  await time.until(where("b"));
  await time.advance(2_000);
  assert.equal(await time.until(where({ leastLoaded: { role: "worker" } })), "c");
  const gpu = where({ capability: "cuda" });
  await time.advance(3_000);
  await stage.start("d", { actors, capabilities: ["cuda"] });
  assert.equal(await time.until(gpu), "d");
  await assert.rejects(time.until(where({ role: "painter" }), 20_000), {
    code: "unavailable",
    message: /any node with the role painter was looked for, but there are only a, b \(worker\)/,
  });
  await stage.end();
});

test("the least loaded node has the fewest placed actors, whatever those and others have to do there", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const actors = [WorkerActor];
  const at = { actors, roles: ["worker"] };
  const [, c] = [await stage.start("b", at), await stage.start("c", at)];
  const idle = ["b", "b"].map((node) => a.system.spawnOn(node, WorkerActor, { from: 0 }));
  await time.until(Promise.all(idle));
  const busy = await time.until(a.system.spawnOn("c", WorkerActor, { from: 0 }));
  for (let count = 0; count < 5; count += 1) c.system.spawn(WorkerActor, { from: 0 });
  await time.advance(2_000);
  const sums = Array.from({ length: 50 }, () => busy.add(1));
  const next = a.system.spawnOn({ leastLoaded: { role: "worker" } }, WorkerActor, { from: 0 });
  assert.equal(await time.until((await time.until(next)).where()), "c");
  await time.until(Promise.all(sums));
  await stage.end();
});

test("who went down while he was asked is passed over for another node that fits", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const actors = [WorkerActor];
  for (const name of ["b", "c"]) await stage.start(name, { actors, roles: ["worker"] });
  assert.equal(a.remote.roster.find("b"), undefined);
  await time.settle();
  stage.takeDown("b");
  const refs = [0, 1].map(() => a.system.spawnOn({ role: "worker" }, WorkerActor, { from: 0 }));
  for (const ref of await time.until(Promise.all(refs))) {
    assert.equal(await time.until(ref.where()), "c");
  }
  await stage.end();
});

test("an actor whose asker does not say that he got it ends; with the asker's node it ends at once", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const b = await stage.start("b", { actors: [WorkerActor] });
  const spawner = a.system.refTo(SpawnService, { node: "b", path: spawnerPath });
  const request = {
    kind: "WorkerActor",
    protocolId: Worker.id,
    args: { from: 0 },
    terms: {},
    keeper: a.remote.join(),
    tie: "until-kept",
  } as const;
  const [first, again] = await time.until(
    Promise.all([
      spawner.spawn({ ...request, request: "one" }),
      spawner.spawn({ ...request, request: "one" }),
    ]),
  );
  assert.equal(first.$.toString(), again.$.toString(), "the same attempt, made again");
  await time.until(spawner.spawn({ ...request, request: "two" }));
  await time.until(spawner.spawn({ ...request, request: "three" }));
  assert.equal(placedOnNode(b.system).length, 3);
  spawner.withdraw("two");
  await time.until(spawner.keep("three"));
  await time.advance(61_000);
  assert.equal(placedOnNode(b.system).length, 1, "the one that was kept");
  await assert.rejects(time.until(spawner.keep("one")), { code: "not_found" });
  await time.until(spawner.spawn({ ...request, request: "four" }));
  assert.equal(placedOnNode(b.system).length, 2);
  stage.takeDown("a");
  await time.settle();
  assert.equal(placedOnNode(b.system).length, 1, "kept actors outlive who spawned them");
  await stage.end();
});

test("an attempt that is given up at its deadline leaves nothing behind", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const b = await stage.start("b", { actors: [WorkerActor] });
  const spawned = a.system.spawnOn("b", WorkerActor, { from: 0 }, { within: 500 });
  while (placedOnNode(b.system).length === 0) await setImmediate();
  stage.cut("b");
  await assert.rejects(time.until(spawned), { code: "timeout" });
  assert.equal(placedOnNode(b.system).length, 1, "its answer was lost");
  stage.heal("b");
  await time.advance(61_000);
  assert.deepEqual(placedOnNode(b.system), []);
  await stage.end();
});

test("an actor of another node that was not spawned from elsewhere cannot be stopped from here", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  const b = await stage.start("b", { actors: [WorkerActor] });
  const own = b.system.spawn(WorkerActor, { from: 0 }, { name: "own" });
  const ref = a.system.refTo(Worker, { node: "b", path: "/own" });
  await assert.rejects(time.until(a.system.stopActor(ref)), {
    code: "invalid",
    message: /was not spawned from elsewhere/,
  });
  assert.equal(await time.until(own.where()), "b");
  await stage.end();
});

test("crashes are handled on its node, and one too many ends it with its failure", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  await stage.start("b", { actors: [WorkerActor] });
  const worker = await time.until(a.system.spawnOn("b", WorkerActor, { from: 3 }));
  await time.until(worker.add(4));
  for (let crash = 0; crash < 5; crash += 1) {
    worker.fail();
    assert.equal(await time.until(worker.add(0)), 3, "begun anew");
  }
  worker.fail();
  await assert.rejects(time.until(worker.add(0)), { code: "actor_stopped" });
  await stage.end();
});
