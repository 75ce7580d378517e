import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { ControlHandler, type ControlOrder } from "#protocols/tasks/control.ts";
import { NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { admin, controlCluster, restart } from "./control-cluster.ts";

class CountingHandler
  extends Actor<ControlHandler, { handled: number }>
  implements Handlers<ControlHandler>
{
  static readonly protocol = ControlHandler;
  static initial = () => ({ handled: 0 });
  handle({ parameters }: ControlOrder) {
    this.state.handled += 1;
    if (parameters["mood"] === "sullen") throw reply(new Failure("invalid", "not today"));
    if (parameters["mood"] === "silent") return this.ctx.defer(new Promise<never>(() => {}));
    if (parameters["mood"] === "numb") return { lamps: [{ level: Number.NaN }] };
    if (parameters["mood"] === "wordy") return { words: "x".repeat(20_000) };
    return { handled: this.state.handled };
  }
}

test("an order comes once to its node, however often its command comes, at once or later", async () => {
  const { time, left, startChannel } = await controlCluster();
  const channel = await startChannel();
  const answers = await time.until(
    Promise.all([1, 2, 3].map(() => channel.command(restart("r1"), admin))),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["completed", "completed", "completed"],
  );
  assert.equal(answers.filter(({ isReplay }) => !isReplay).length, 1);
  await time.advance(1_000);
  const later = await time.until(channel.command(restart("r1"), admin));
  assert.equal(later.isReplay, true);
  assert.deepEqual(left, ["come-back"]);
});

test("an id belongs to its command and its issuer", async () => {
  const { time, startChannel } = await controlCluster();
  const channel = await startChannel();
  await time.until(channel.command({ command: "PING", commandId: "p" }, admin));
  const other = await time.until(channel.command(restart("p"), admin));
  assert.deepEqual([other.status, other.error?.code], ["refused", "conflict"]);
  const bob = { by: "bob", scopes: ["admin" as const] };
  const foreign = await time.until(channel.command({ command: "PING", commandId: "p" }, bob));
  assert.deepEqual([foreign.status, foreign.response], ["refused", null]);
});

test("what a node cannot do has failed, changes nothing, and may be asked again", async () => {
  const { time, left, startChannel } = await controlCluster();
  const channel = await startChannel();
  const shutdown = { command: "SHUTDOWN_NODE", node: "test" };
  const answer = await time.until(channel.command(shutdown, admin));
  assert.deepEqual([answer.status, answer.error?.detail], ["failed", "test is all there is"]);
  const restarted = await time.until(channel.command(restart("r"), admin));
  assert.equal(restarted.status, "completed");
  await time.advance(1_000);
  assert.deepEqual(left, ["come-back"]);
});

test("a paused node says so in its status, until it is resumed", async () => {
  const { time, startChannel } = await controlCluster();
  const channel = await startChannel();
  const command = async (name: string) =>
    (await time.until(channel.command({ command: name, node: "test" }, admin))).response;
  assert.equal((await command("PAUSE_NODE"))?.["status"], "paused");
  const status = await command("GET_NODE_STATUS");
  assert.match(JSON.stringify(status), /"status":"paused".*"hold":\{/);
  assert.equal((await command("RESUME_NODE"))?.["status"], "online");
});

test("a new channel carries on what does no harm twice, and ends the rest as unknown", async () => {
  const { time, store, left, startChannel } = await controlCluster();
  const begin = async (commandId: string, command: string, isSent: string) => {
    const issuedBy = "ada";
    await time.until(
      store.beginControl({ commandId, command, node: "test", issuedBy, timeoutMs: 60_000 }),
    );
    if (isSent === "sent") await time.until(store.noteControl({ commandId, step: "delivered" }));
  };
  await begin("paused", "PAUSE_NODE", "sent");
  await begin("restarted", "RESTART_NODE", "sent");
  await begin("lit", "LIGHT", "sent");
  const channel = await startChannel();
  await time.advance(2_000);
  const kept = async (commandId: string) => {
    const record = await time.until(channel.find(commandId));
    return [record?.status, record?.error?.split(":")[0] ?? null];
  };
  assert.deepEqual(await kept("paused"), ["completed", null]);
  assert.deepEqual(await kept("restarted"), ["failed", "unknown_outcome"]);
  assert.deepEqual(await kept("lit"), ["failed", "unknown_outcome"]);
  assert.deepEqual(left, []);
  const again = await time.until(channel.command(restart("restarted"), admin));
  assert.deepEqual([again.isReplay, again.error?.code], [true, "unknown_outcome"]);
});

test("a hold that took effect is not repeated by the next channel over an order that came since", async () => {
  const { time, store, system, startChannel } = await controlCluster();
  const registry = await time.until(system.lookup(NodeRegistry, nodeRegistryName));
  const pause = { commandId: "p", command: "PAUSE_NODE", node: "test", issuedBy: "ada" };
  await time.until(store.beginControl({ ...pause, timeoutMs: 60_000 }));
  await time.until(store.noteControl({ commandId: "p", step: "delivered" }));
  // The channel ends before it has kept what came of it.
  const order = { node: "test", reason: "new disk", by: "ada" };
  const paused = await time.until(registry.pause({ ...order, commandId: "p" }));
  assert.equal(paused.status, "paused");
  const resumed = await time.until(registry.resume({ node: "test", reason: "done", by: "bob" }));
  assert.equal(resumed.status, "online");
  const channel = await startChannel();
  await time.advance(2_000);
  const [view] = await time.until(registry.list());
  assert.deepEqual([view?.status, view?.hold], ["online", null]);
  const kept = await time.until(channel.find("p"));
  assert.deepEqual(
    [kept?.status, kept?.response],
    ["completed", '{"node":"test","status":"online","hold":null}'],
  );
});

test("an order that no channel had sent is carried out by the next one", async () => {
  const { time, store, left, startChannel } = await controlCluster();
  const issued = { commandId: "r", command: "RESTART_NODE", node: "test", issuedBy: "ada" };
  await time.until(store.beginControl({ ...issued, timeoutMs: 60_000 }));
  await startChannel();
  await time.advance(2_000);
  assert.deepEqual(left, ["come-back"]);
});

test("commands of one's own: answered, refused, too long, and timed out at their deadline", async () => {
  const { system, time, startChannel } = await controlCluster();
  const channel = await startChannel();
  const handler = system.spawn(CountingHandler);
  await time.until(channel.register({ command: "LIGHT", handler, scope: "read" }));
  const command = (mood: string, timeoutMs = 5_000) =>
    channel.command({ command: "LIGHT", parameters: { mood }, timeoutMs }, admin);
  assert.deepEqual((await time.until(command("good"))).response, { handled: 1 });
  assert.equal((await time.until(command("sullen"))).error?.code, "invalid");
  assert.equal((await time.until(command("wordy"))).error?.code, "too_large");
  const numb = await time.until(command("numb"));
  assert.deepEqual([numb.status, numb.response, numb.error?.code], ["failed", null, "internal"]);
  assert.match(numb.error?.detail ?? "", /handler of LIGHT answered .*: lamps\.0\.level is NaN;/);
  const beganMs = time.now();
  const silent = await time.until(command("silent", 1_500));
  assert.equal(silent.status, "timed_out");
  assert.ok(time.now() - beganMs <= 1_600);
  assert.deepEqual((await time.until(command("good"))).response, { handled: 6 });
});

test("a command has all its time where the store's clock is hours ahead of the channel's", async () => {
  const { system, store, time, startChannel } = await controlCluster({ storeAheadMs: 7_200_000 });
  const channel = await startChannel();
  const handler = system.spawn(CountingHandler);
  await time.until(channel.register({ command: "LIGHT", handler, scope: "read" }));
  const parameters = { mood: "silent" };
  const request = { command: "LIGHT", commandId: "l", parameters, timeoutMs: 5_000 };
  const silent = channel.command(request, admin);
  await time.advance(4_000);
  await time.until(store.sweep(10));
  const record = await time.until(channel.find("l"));
  assert.deepEqual([record?.status, record?.error], ["delivered", null]);
  await time.advance(1_100);
  await time.until(store.sweep(10));
  assert.equal((await time.until(silent)).status, "timed_out");
});

test("a name belongs to one living handler, and is free when that has ended", async () => {
  const { system, time, startChannel } = await controlCluster();
  const channel = await startChannel();
  const [first, second] = [system.spawn(CountingHandler), system.spawn(CountingHandler)];
  const register = (command: string, handler: typeof first) =>
    time.until(channel.register({ command, handler, scope: "read" }));
  await register("LIGHT", first);
  await register("LIGHT", first);
  await assert.rejects(register("LIGHT", second), { code: "name_taken" });
  await assert.rejects(register("PING", second), { code: "name_taken" });
  await time.until(system.stopActor(first));
  await time.advance(10);
  const gone = await time.until(channel.command({ command: "LIGHT" }, admin));
  assert.equal(gone.error?.code, "unknown_message");
  await register("LIGHT", second);
  await time.until(channel.unregister("LIGHT"));
  const none = await time.until(channel.command({ command: "LIGHT" }, admin));
  assert.equal(none.status, "refused");
});

test("a node that is not there fails, with those that are", async () => {
  const { time, startChannel } = await controlCluster();
  const channel = await startChannel();
  const answer = await time.until(channel.command({ command: "PING", node: "moon" }, admin));
  assert.deepEqual([answer.status, answer.error?.code], ["failed", "not_found"]);
  assert.match(answer.error?.detail ?? "", /there are test$/);
});

test("every command stands in its node's history with its answer, newest first", async () => {
  const { time, counts, startChannel } = await controlCluster();
  const channel = await startChannel();
  for (const commandId of ["a", "b", "c"]) {
    await time.until(channel.command({ command: "PING", node: "test", commandId }, admin));
    await time.advance(5);
  }
  const page = await time.until(channel.history({ node: "test", limit: 2 }));
  assert.deepEqual(
    page.map(({ commandId, status }) => [commandId, status]),
    [
      ["c", "completed"],
      ["b", "completed"],
    ],
  );
  assert.match(page[0]?.response ?? "", /"node":"test"/);
  const [ended] = counts.figures().figures;
  assert.deepEqual(ended?.samples, [{ labels: { status: "completed" }, value: 3 }]);
});

test("the history shows of all that was answered when it was acknowledged, refusals included", async () => {
  const { system, time, startChannel } = await controlCluster();
  const channel = await startChannel();
  const handler = system.spawn(CountingHandler);
  await time.until(channel.register({ command: "COUNT", handler, scope: "control" }));
  const key = { keyId: "k", hash: "ab".repeat(32), owner: "ada", scopes: "read" };
  const commands = [
    { command: "PING", status: "completed" },
    { command: "PING", node: "test", status: "completed" },
    { command: "GET_NODE_STATUS", node: "test", status: "completed" },
    { command: "PAUSE_NODE", node: "test", status: "completed" },
    { command: "CREATE_KEY", parameters: key, status: "completed" },
    { command: "CREATE_KEY", parameters: key, status: "failed" },
    { command: "REVOKE_KEY", parameters: { keyId: "k" }, status: "completed" },
    { command: "REVOKE_KEY", parameters: { keyId: "other" }, status: "failed" },
    { command: "SHUTDOWN_NODE", node: "test", status: "failed" },
    { command: "COUNT", status: "completed" },
    { command: "COUNT", parameters: { mood: "sullen" }, status: "failed" },
    { command: "COUNT", parameters: { mood: "wordy" }, status: "failed" },
  ];
  for (const [index, { status, ...request }] of commands.entries()) {
    const commandId = `c${index}`;
    const answer = await time.until(channel.command({ ...request, commandId }, admin));
    assert.equal(answer.status, status, JSON.stringify(answer.error));
    const record = await time.until(channel.find(commandId));
    assert.notEqual(record?.acknowledgedAt, null, `${request.command}, which has ${status}`);
  }
  const silent = { command: "COUNT", parameters: { mood: "silent" }, timeoutMs: 500 };
  await time.until(channel.command({ ...silent, commandId: "silent" }, admin));
  await time.until(channel.command({ command: "PING", node: "gone", commandId: "gone" }, admin));
  for (const commandId of ["silent", "gone"]) {
    const record = await time.until(channel.find(commandId));
    assert.equal(record?.acknowledgedAt, null, commandId);
  }
});

test("commands that only look are kept apart from those that may take effect", async () => {
  const { time, store, startChannel } = await controlCluster();
  const channel = await startChannel();
  const lookedAt = ["PING", "GET_NODE_STATUS", "GET_NODE_METRICS"];
  for (const command of lookedAt) {
    await time.until(channel.command({ command, node: "test" }, admin));
  }
  await time.until(channel.command({ command: "PAUSE_NODE", node: "test" }, admin));
  const levels = await time.until(store.recordLevels());
  const kept = (bound: string) => levels.find((level) => level.bound === bound)?.level;
  assert.deepEqual([kept("controlReadsKeptMax"), kept("controlsKeptMax")], [lookedAt.length, 1]);
  const history = await time.until(channel.history({ node: "test", limit: 10 }));
  assert.equal(history.length, lookedAt.length + 1);
});
