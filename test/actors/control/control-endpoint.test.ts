// The endpoint with real sockets: who may ask, how much, and what a broken client can do.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import { Dealer, Request } from "zeromq";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { ControlEndpoint } from "#actors/control/control-endpoint.ts";
import type { Access } from "#actors/control/endpoint-terms.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ControlHandler } from "#protocols/tasks/control.ts";
import { Actor } from "#runtime/core/actor.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { askDesk } from "#runtime/links/zeromq-asker.ts";
import { ZeromqDesk } from "#runtime/links/zeromq-desk.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

/** Answers all at once, when the test says so. */
class DoorActor extends Actor<ControlHandler> implements Handlers<ControlHandler> {
  static readonly protocol = ControlHandler;
  static open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    DoorActor.open = resolve;
  });
  handle() {
    return this.ctx.defer(this.#opened.then(() => ({ door: "open" })));
  }
}

async function endpointFor(context: TestContext, access: Access) {
  const { system } = createTestSystem({
    clock: nodeClock,
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
  });
  context.after(() => system.stop());
  const stored = system.spawn(StoreActor, { kind: "memory" });
  await system.started(stored);
  const store = system.refTo(Store, { node: "test", path: stored.$.address.path });
  const counts = new ControlCounts();
  const endpoint = { address: "tcp://127.0.0.1:*", access, curveFolder: null };
  const terms = { gateway: null, models: [], endpoint, counts };
  const channel = system.spawn(ControlChannelActor, terms, { name: "channel" });
  await system.started(channel);
  const where = system.refTo(ControlEndpoint, { node: "test", path: "/channel/endpoint" });
  return { system, store, channel, counts, address: await where.address() };
}

async function ask(address: string, message: object): Promise<Record<string, unknown>> {
  const body = new TextEncoder().encode(JSON.stringify(message));
  const answer = await askDesk({ address, body, withinMs: 5_000, attemptsMax: 1 });
  return JSON.parse(new TextDecoder().decode(answer));
}

const codeOf = ({ status, error }: Record<string, unknown>): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : status;

test("with keys each may do what its scopes allow, until it is revoked or over", async (context) => {
  const { store, counts, address } = await endpointFor(context, "keys");
  const hash = (secret: string): string => createHash("sha256").update(secret).digest("hex");
  const key = (keyId: string, scopes: string[], expiresAt: number | null = null) =>
    store.createKey({ keyId, hash: hash(keyId), owner: "ada", scopes, expiresAt });
  await key("reader", ["read"]);
  await key("chief", ["admin"]);
  await key("other", ["submit"]);
  await key("old", ["admin"], 1);
  const codes = async (command: object): Promise<unknown[]> => {
    const keys = ["reader", "chief", "other", "old", "nobody's"].map((secret) => ({ key: secret }));
    return Promise.all(
      [{}, ...keys].map(async (k) => codeOf(await ask(address, { ...command, ...k }))),
    );
  };
  const no = "forbidden";
  assert.deepEqual(await codes({ command: "PING" }), [no, "completed", "completed", no, no, no]);
  const revoke = { command: "REVOKE_KEY", parameters: { keyId: "unheard" } };
  assert.deepEqual(await codes(revoke), [no, no, "not_found", no, no, no]);
  const history = { history: "control" };
  assert.deepEqual(await codes(history), [no, undefined, undefined, no, no, no]);
  await ask(address, { command: "REVOKE_KEY", parameters: { keyId: "reader" }, key: "chief" });
  assert.equal(codeOf(await ask(address, { command: "PING", key: "reader" })), no);
  const { figures } = counts.figures();
  const refused = figures.find(({ name }) => name === "troupe_control_refused_total");
  // Four that may not even look, twice; five that may not revoke; and the one that was revoked.
  assert.deepEqual(refused?.samples, [{ labels: { code: no }, value: 4 + 4 + 5 + 1 }]);
});

test("a key that was made by a command opens, and its secret is nowhere kept", async (context) => {
  const { store, address } = await endpointFor(context, "machine");
  const secret = "one that nobody guesses";
  const hash = createHash("sha256").update(secret).digest("hex");
  const parameters = { keyId: "ops", hash, owner: "ada", scopes: "read cancel" };
  const made = { command: "CREATE_KEY", commandId: "make", parameters };
  assert.equal(codeOf(await ask(address, made)), "completed");
  assert.equal(codeOf(await ask(address, { ...made, commandId: "make-2" })), "conflict");
  await ask(address, { command: "PING", commandId: "p", key: secret });
  const kept = JSON.stringify([await store.control("make"), await store.control("p")]);
  assert.match(kept, /"issuedBy":"key ops"/);
  assert.ok(!kept.includes(secret));
  assert.equal(codeOf(await ask(address, { command: "PING", key: "wrong" })), "forbidden");
});

test("what a key was made of is found by who may make keys, and one that is past is not made", async (context) => {
  const { store, address } = await endpointFor(context, "keys");
  const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
  for (const [keyId, scope] of [
    ["chief", "admin"],
    ["reader", "read"],
  ] as const) {
    await store.createKey({ keyId, hash: hashOf(keyId), owner: "ada", scopes: [scope] });
  }
  const parameters = { keyId: "new", hash: hashOf("new"), owner: "bob", scopes: "read" };
  const create = { command: "CREATE_KEY", commandId: "made", parameters, key: "chief" };
  const past = { ...parameters, expiresAt: 1_600_000_000_000 };
  const late = await ask(address, { ...create, commandId: "past", parameters: past });
  assert.match(JSON.stringify(late["error"]), /2020-09-13T12:26:40.000Z, is past/);
  assert.equal((await ask(address, create))["status"], "completed");
  const foundBy = async (key: string) => JSON.stringify(await ask(address, { find: "made", key }));
  assert.match(await foundBy("chief"), /"hash":"[0-9a-f]{64}"/);
  assert.match(await foundBy("reader"), /"commandId":"made".*"parameters":null/);
});

test("a message that does not fit is answered under its id, with what is wrong of it", async (context) => {
  const { address } = await endpointFor(context, "machine");
  const named = { command: "PING", commandId: "mine" };
  const told = async (message: object) => {
    const { commandId, error } = await ask(address, message);
    return [commandId, JSON.stringify(error)] as const;
  };
  const [id, why] = await told({ ...named, nodes: "a" });
  assert.equal(id, "mine");
  assert.match(why, /nodes is not known; did you mean node\?/);
  assert.match(
    (await told({ ...named, node: "" }))[1],
    /node is .*; write 1 to 64 letters, digits/,
  );
  const [none, ids] = await told({ ...named, commandId: "" });
  assert.equal(none, "");
  assert.match(ids, /commandId is .*; write 1 to 64 visible ASCII characters/);
});

test("the active version of a configuration is shown to who may look", async (context) => {
  const { store, address } = await endpointFor(context, "machine");
  const place = { layer: "queue", scope: "night" };
  const look = async () => {
    const answer = await ask(address, { command: "GET_CONFIG", parameters: place });
    return JSON.stringify(answer["response"]);
  };
  assert.equal(await look(), JSON.stringify({ ...place, version: 0, document: null }));
  const document = '{"pendingMax":5}';
  const { version } = await store.draftConfig({ ...place, document, author: "ada" });
  await store.activateConfig({ version, expected: null });
  assert.match(await look(), /"version":1,"document":"\{.*pendingMax.*:5\}","author":"ada"/);
});

test("one connection gets so many questions under way, and all of them their answers", async (context) => {
  const { system, channel, counts, address } = await endpointFor(context, "machine");
  const handler = system.spawn(DoorActor);
  await channel.register({ command: "KNOCK", handler, scope: "read" });
  const client = new Dealer({ linger: 0, receiveTimeout: 10_000 });
  context.after(() => client.close());
  client.connect(address);
  const { askedPerClientMax } = controlLimits;
  for (let number = 0; number <= askedPerClientMax; number += 1) {
    await client.send([`${number}`, "", JSON.stringify({ command: "KNOCK" })]);
  }
  const [first, , body] = await client.receive();
  assert.equal(String(first), `${askedPerClientMax}`);
  assert.match(String(body), /rate_limited/);
  assert.equal(codeOf(await ask(address, { command: "PING" })), "completed");
  DoorActor.open();
  const answered = new Set<string>();
  while (answered.size < askedPerClientMax) {
    const [tag, , answer] = await client.receive();
    assert.match(String(answer), /"door":"open"/);
    answered.add(String(tag));
  }
  const perClient = counts
    .figures()
    .bounds.find(({ bound }) => bound === "control_asked_per_client");
  assert.equal(perClient?.reached, 1);
});

test("who sends too much, too many frames or nothing at all does not keep others from answers", async (context) => {
  const { address, counts } = await endpointFor(context, "machine");
  const client = new Dealer({ linger: 0, receiveTimeout: 5_000 });
  context.after(() => client.close());
  client.connect(address);
  await client.send(Array.from({ length: controlLimits.framesMax + 1 }, () => ""));
  assert.match(String((await client.receive()).at(-1)), /has 17 frames .* at most 16 frames/);
  await client.send("");
  assert.match(String((await client.receive()).at(-1)), /empty/);
  const flood = new Dealer({ linger: 0 });
  context.after(() => flood.close());
  flood.connect(address);
  await flood.send(Buffer.alloc(controlLimits.frameBytesMax + 1));
  assert.equal(codeOf(await ask(address, { command: "PING" })), "completed");
  assert.equal(
    counts.figures().figures.find(({ name }) => name.includes("malformed"))?.samples[0]?.value,
    1,
  );
});

test("a message of very many frames is refused, and neither kept nor sent back", async (context) => {
  const { address, counts } = await endpointFor(context, "machine");
  const client = new Dealer({ linger: 0, receiveTimeout: 10_000, immediate: true });
  context.after(() => client.close());
  client.connect(address);
  const frame = Buffer.alloc(controlLimits.envelopeBytesMax + 1, "x");
  const excesses = [
    ["", ...Array.from({ length: 5_000 }, () => frame), '{"command":"PING"}'],
    ["", ...Array.from({ length: 500 }, () => ""), '{"command":"PING"}'],
    ["tag", frame, '{"command":"PING"}'],
  ];
  for (const [index, frames] of excesses.entries()) {
    await client.send(frames);
    const answer = await client.receive();
    assert.ok(answer.length <= controlLimits.framesMax, `${answer.length} frames`);
    assert.equal(String(answer[0]), index === 2 ? "tag" : "");
    assert.ok(answer.slice(0, -1).every(({ byteLength }) => byteLength <= 3));
    assert.match(String(answer.at(-1)), new RegExp(`has ${frames.length} frames and \\d+ bytes`));
  }
  await client.send(["tag", "", '{"command":"PING"}']);
  const [tag, , body] = await client.receive();
  assert.equal(String(tag), "tag");
  assert.match(String(body), /"completed"/);
  const excessive = counts.figures().figures.find(({ name }) => name.includes("excessive"));
  assert.equal(excessive?.samples[0]?.value, excesses.length);
});

test("an answer for which there is no room is dropped and counted, the next one comes", async (context) => {
  let dropped = 0;
  const desk = await ZeromqDesk.bind({
    ...controlLimits,
    address: "tcp://127.0.0.1:*",
    answersWaitingBytesMax: 3_000,
    asked: ({ answer }) => answer(new Uint8Array(2_000)),
    dropped: () => {
      dropped += 1;
    },
    failed: (failure) => assert.fail(failure),
  });
  context.after(() => desk.close());
  const client = new Dealer({ linger: 0, receiveTimeout: 5_000 });
  context.after(() => client.close());
  client.connect(desk.address);
  await client.send(["x".repeat(3_000), ""]);
  await client.send(["a", ""]);
  assert.equal(String((await client.receive())[0]), "a");
  assert.equal(dropped, 1);
});

test("a client that leaves before its answer is counted, and nobody else notices", async (context) => {
  const { system, channel, counts, address } = await endpointFor(context, "machine");
  const handler = system.spawn(DoorActor);
  await channel.register({ command: "KNOCK", handler, scope: "read" });
  const gone = new Request({ linger: 0 });
  gone.connect(address);
  await gone.send(JSON.stringify({ command: "KNOCK", commandId: "k" }));
  while ((await channel.find("k")) === null) await new Promise((resolve) => setImmediate(resolve));
  gone.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  DoorActor.open();
  const again = await ask(address, { command: "KNOCK", commandId: "k" });
  assert.deepEqual([again["status"], again["isReplay"]], ["completed", true]);
  const dropped = counts.figures().figures.find(({ name }) => name.includes("dropped"));
  assert.equal(dropped?.samples[0]?.value, 1);
});

test("an address that is taken is refused with what to do", async (context) => {
  const { address } = await endpointFor(context, "machine");
  const none = (): void => assert.fail("nobody asks");
  const bounds = { ...controlLimits, frameBytesMax: 1_024, answersWaitingMax: 1 };
  const second = ZeromqDesk.bind({ address, ...bounds, asked: none, dropped: none, failed: none });
  await assert.rejects(second, { code: "unavailable", detail: /choose another port/ });
});
