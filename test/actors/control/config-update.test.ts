// UPDATE_CONFIG with a real store: what is active is what the cluster goes by.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import type { ControlAnswer } from "#protocols/tasks/control.ts";
import { Gateway } from "#protocols/tasks/gateway.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { admin, controlCluster } from "./control-cluster.ts";

interface GatewayBench {
  /** Called with each model that it is told. */
  told(model: string): Promise<void> | undefined;
}

/** Goes by what it is told, after what the test has it do. */
class BenchGateway
  extends Actor<Gateway, { bench: GatewayBench; model: string }>
  implements Handlers<Gateway>
{
  static readonly protocol = Gateway;
  static initial = (bench: GatewayBench) => ({ bench, model: "lama" });
  drain = (): never => assert.fail("nobody drains it");
  address = (): never => assert.fail("nobody asks for it");
  model() {
    return { model: this.state.model };
  }
  useModel(model: string): Ack | Deferred<Ack> {
    const { bench } = this.state;
    const told = bench.told(model);
    this.state.model = model;
    return told ? this.ctx.defer(told.then(() => ack)) : ack;
  }
}

async function stage(told: GatewayBench["told"] = () => undefined) {
  const cluster = await controlCluster();
  const { system, time, startChannel } = cluster;
  const gateway = system.spawn(BenchGateway, { told }, { name: "gateway" });
  const channel = await startChannel({ node: "test", path: "/gateway" });
  const begin = (layer: string, document: object, more: object = {}): Promise<ControlAnswer> => {
    const parameters = { layer, document: JSON.stringify(document), ...more };
    return channel.command({ command: "UPDATE_CONFIG", parameters }, admin);
  };
  const update = (...args: Parameters<typeof begin>) => time.until(begin(...args));
  const active = async (layer: string, scope = "cluster") =>
    time.until(cluster.store.activeConfig({ layer, scope }));
  const used = async () => (await time.until(gateway.model())).model;
  return { ...cluster, channel, begin, update, active, used };
}

test("what a layer could not take is refused before it is active", async () => {
  const { update, active, store, time } = await stage();
  const refused = await update("queue", { pendingMax: 10_000_001 });
  assert.deepEqual([refused.status, refused.error?.code], ["failed", "invalid"]);
  assert.match(refused.error?.detail ?? "", /pendingMax/);
  const long = await update("queue", { pendingMax: 1 }, { scope: "q".repeat(65) });
  assert.match(long.error?.detail ?? "", /65 characters, at most 64/);
  assert.equal(await active("queue", "default"), null);
  assert.deepEqual(
    await time.until(store.configHistory({ layer: "queue", scope: "default", limit: 9 })),
    [],
  );
});

test("a gateway that is not there keeps its update from becoming active", async () => {
  const { active, startChannel, time } = await controlCluster().then((cluster) => ({
    ...cluster,
    active: () => cluster.store.activeConfig({ layer: "gateway" }),
  }));
  const channel = await startChannel({ node: "test", path: "/nowhere" });
  const parameters = { layer: "gateway", document: '{"model":"lama"}' };
  const answer = await time.until(channel.command({ command: "UPDATE_CONFIG", parameters }, admin));
  assert.equal(answer.status, "failed");
  assert.equal(await time.until(active()), null);
});

test("what the gateway then refuses is rolled back, by a version that says so", async () => {
  let isBroken = false;
  const { update, active, used, store, time } = await stage((model) => {
    if (isBroken && model === "lama") throw reply(new Failure("unavailable", "no hands free"));
    return undefined;
  });
  const first = await update("gateway", { model: "diffuse" });
  assert.equal(first.status, "completed");
  isBroken = true;
  const second = await update("gateway", { model: "lama" });
  assert.deepEqual([second.status, second.error?.code], ["failed", "unavailable"]);
  assert.match(second.error?.detail ?? "", /no hands free; version 3 of gateway is active now$/);
  const now = await active("gateway");
  assert.deepEqual([now?.document, now?.rollbackOf], ['{"model":"diffuse"}', 1]);
  assert.match(now?.comment ?? "", /version 2 could not be applied: unavailable: no hands free/);
  assert.equal(await used(), "diffuse");
  const rows = await time.until(store.configHistory({ layer: "gateway", limit: 9 }));
  assert.deepEqual(
    rows.map(({ status }) => status),
    ["active", "superseded", "superseded"],
  );
});

test("where nothing was active before, a version that says nothing takes the place of what failed", async () => {
  const { update, active, used } = await stage((model) => {
    if (model === "diffuse") throw reply(new Failure("unavailable", "no"));
    return undefined;
  });
  assert.equal((await update("gateway", { model: "diffuse" })).status, "failed");
  const now = await active("gateway");
  assert.deepEqual([now?.version, now?.document], [2, "{}"]);
  assert.match(now?.comment ?? "", /version 1 could not be applied/);
  assert.equal(await used(), "lama");
});

test("updates of a layer take turns, and the last that is active is the last that was applied", async () => {
  const opens: (() => void)[] = [];
  const order: string[] = [];
  const { begin, active, used, time } = await stage((model) => {
    order.push(model);
    return new Promise<void>((resolve) => opens.push(resolve));
  });
  const updates = ["diffuse", "lama", "diffuse"].map((model) => begin("gateway", { model }));
  const queue = await time.until(begin("queue", { pendingMax: 7 }));
  assert.equal(queue.status, "completed");
  for (const count of [1, 2, 3]) {
    while (opens.length < count) await time.advance(10);
    await time.advance(100);
    assert.equal(opens.length, count);
    opens[count - 1]?.();
  }
  const answers = await time.until(Promise.all(updates));
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["completed", "completed", "completed"],
  );
  const superseded = answers.map(({ response }) => response?.["superseded"]);
  assert.equal(superseded[0], null);
  assert.equal(new Set(superseded).size, 3);
  assert.deepEqual((await active("gateway"))?.document, `{"model":"${await used()}"}`);
  assert.equal(order.at(-1), await used());
});

test("an update whose turn never comes in time changes nothing", async () => {
  const opens: (() => void)[] = [];
  const { begin, active, time } = await stage(
    () => new Promise<void>((resolve) => opens.push(resolve)),
  );
  const first = begin("gateway", { model: "diffuse" });
  while (opens.length < 1) await time.advance(10);
  const late = begin("gateway", { model: "lama" });
  await time.advance(10_001);
  for (const open of opens) open();
  assert.deepEqual([(await time.until(first)).status], ["timed_out"]);
  for (const open of opens) open();
  const answer = await time.until(late);
  assert.equal(answer.status, "timed_out");
  assert.equal((await active("gateway"))?.document, "{}");
});

test("of two that expect the same version only one is taken, and the queue obeys that one", async () => {
  const { begin, active, store, time } = await stage();
  const answers = await time.until(
    Promise.all([7, 8].map((pendingMax) => begin("queue", { pendingMax }, { expected: 0 }))),
  );
  assert.deepEqual(answers.map(({ error }) => error?.code ?? "none").sort(), ["conflict", "none"]);
  const { pendingMax } = JSON.parse((await active("queue", "default"))?.document ?? "{}");
  const [view] = await time.until(store.queues());
  assert.equal(view?.pendingMax, pendingMax);
});

test("what a channel made active and did not live to apply is applied by the next one", async () => {
  const { system, startChannel, store, time } = await controlCluster();
  const models: string[] = [];
  const told = (model: string): undefined => void models.push(model);
  system.spawn(BenchGateway, { told }, { name: "gateway" });
  const layers = [
    { layer: "queue", scope: "default", document: '{"pendingMax":7}' },
    { layer: "gateway", scope: "cluster", document: '{"model":"diffuse"}' },
  ];
  for (const { layer, scope, document } of layers) {
    const parameters = { layer, document };
    const command = { commandId: layer, command: "UPDATE_CONFIG", parameters, issuedBy: "ada" };
    await time.until(store.beginControl({ ...command, timeoutMs: 60_000 }));
    await time.until(store.noteControl({ commandId: layer, step: "delivered" }));
    const draft = { layer, scope, document, author: "ada" };
    const { version } = await time.until(store.draftConfig(draft));
    await time.until(store.activateConfig({ version, expected: null }));
  }
  const channel = await startChannel({ node: "test", path: "/gateway" });
  await time.advance(2_000);
  const [view] = await time.until(store.queues());
  assert.deepEqual([view?.pendingMax, models], [7, ["diffuse"]]);
  for (const { layer } of layers) {
    const record = await time.until(channel.find(layer));
    assert.match(`${record?.status} ${record?.error}`, /^failed unknown_outcome/);
  }
});

test("an undo that a channel made active and did not live to apply is applied by the next one", async () => {
  const { active, startChannel, store, system, time, update, channel: first } = await stage();
  assert.equal((await update("queue", { pendingMax: 7 })).status, "completed");
  const former = await active("queue", "default");
  await time.until(system.stopActor(first));
  const parameters = { layer: "queue", document: "{}" };
  const undo = { commandId: "undo", command: "UPDATE_CONFIG", parameters, issuedBy: "ada" };
  await time.until(store.beginControl({ ...undo, timeoutMs: 60_000 }));
  await time.until(store.noteControl({ commandId: "undo", step: "delivered" }));
  const draft = { layer: "queue", scope: "default", document: "{}", author: "ada" };
  const { version } = await time.until(store.draftConfig(draft));
  await time.until(store.activateConfig({ version, expected: former?.version ?? null }));
  await startChannel();
  await time.advance(2_000);
  const [view] = await time.until(store.queues());
  assert.notEqual(view?.pendingMax, 7);
});
