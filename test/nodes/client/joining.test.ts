// How a process joins a cluster, is refused, and joins again: a director in this process, real sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ClusterClient, connectCluster, startNodeClient } from "#nodes/client/index.ts";
import { Failure } from "#protocols/failure.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { createKeyFile, keyFile, makeKeyPair } from "#runtime/links/curve-keys.ts";
import { openCurveSecurity } from "#runtime/links/curve-security.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import { registryFile, saveRegistry } from "#runtime/links/key-registry-file.ts";
import { type NodeOptions, startSystem } from "#runtime/start-system.ts";
import { untilBound } from "./until-bound.ts";

const log = { write: () => {} };

async function startDirector(context: TestContext, options: Partial<NodeOptions> = {}) {
  const director = await startSystem({
    node: { name: "control", incarnation: nodeClock.wall() },
    ...{ bind: "tcp://127.0.0.1:*", director: "control", peers: new Map(), protocols: [], log },
    ...options,
  });
  await director.session.opened;
  let isEnded = false;
  const end = async (): Promise<void> => {
    if (isEnded) return;
    isEnded = true;
    await director.system.shutdown();
  };
  context.after(end);
  return { director, end, address: director.address };
}

async function refusal(joining: Promise<unknown>): Promise<Failure> {
  const since = performance.now();
  const failure = await joining.then(
    () => assert.fail("it was let in"),
    (cause: unknown) => Failure.of(cause),
  );
  assert.ok(performance.now() - since < 6_000, "it took too long to say so");
  return failure;
}

/** What changes on another node is looked at again. */
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

function isJoined(client: ClusterClient): boolean {
  try {
    return client.system.node.name === client.name;
  } catch {
    return false;
  }
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("terms that make no sense are refused at once", async () => {
  const director = "tcp://127.0.0.1:7600";
  const refusals = [
    [{ director: "" }, /director must not have fewer/],
    [{ director, name: "a b" }, /name is "a b"/],
    [{ director, name: "control" }, /is the director's name/],
    [{ director: "tcp://10.0.0.1:7600" }, /without keys use tcp:\/\/127/],
    [{ director, keys: "/nowhere" }, /nowhere/],
    [{ director, joinWithinMs: 0 }, /joinWithinMs must/],
    [{ director, port: 7 }, /there is no port; there are director/],
  ] as const;
  for (const [terms, text] of refusals) {
    const failure = await refusal(connectCluster(terms));
    assert.match(failure.detail, text, JSON.stringify(terms));
    assert.equal(failure.isRetryable, false, failure.message);
  }
});

test("where no director listens, joining fails in time and says so", async () => {
  const director = `tcp://127.0.0.1:${await closedPort()}`;
  const failure = await refusal(connectCluster({ director, joinWithinMs: 700 }));
  assert.equal(failure.code, "unavailable");
  assert.match(failure.detail, /nothing listens there: is the cluster running/);
});

test("where somebody else listens, joining fails and says who", async (context) => {
  const { address } = await startDirector(context);
  const named = { director: address, directorName: "main", joinWithinMs: 1_500 };
  const failure = await refusal(connectCluster(named));
  assert.equal(failure.code, "unavailable");
  assert.match(failure.detail, /at the address of this peer listens control/);
});

test("a listener that is no cluster is told apart from none", async (context) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const terms = { director: `tcp://127.0.0.1:${port}`, joinWithinMs: 700 };
  const failure = await refusal(connectCluster(terms));
  assert.match(failure.detail, /something listens there, but does not let this process in/);
});

test("a later process of the same name takes the place of the first, which is over", async (context) => {
  const { address, director } = await startDirector(context);
  const first = await connectCluster({ director: address, name: "ada" });
  context.after(() => first.close());
  const following = await refusal(first.follow("system"));
  assert.equal(following.code, "unavailable");
  const second = await connectCluster({ director: address, name: "ada" });
  context.after(() => second.close());
  for (;;) {
    const failure = await refusal(first.task("any"));
    if (failure.code === "name_taken") {
      assert.match(failure.detail, /^ada~.* has joined since under the same name/);
      break;
    }
    await soon();
  }
  // Its own name was taken for a moment, so it is another life by then; and it stays.
  while (director.members.find("ada")?.status !== "up" || !isJoined(second)) await soon();
  assert.equal(director.members.find("ada")?.node.incarnation, second.system.node.incarnation);
});

test("keys let in whom the registry lists, and nobody else", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-keys-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const others = await mkdtemp(join(tmpdir(), "troupe-keys-"));
  context.after(() => rm(others, { recursive: true, force: true }));
  const pairs = ["control", "ada"].map((name) => ({ name, pair: makeKeyPair() }));
  for (const at of [folder, others]) {
    // The same names with other keys, in the second folder.
    const made = at === folder ? pairs : pairs.map(({ name }) => ({ name, pair: makeKeyPair() }));
    for (const { name, pair } of made) createKeyFile(keyFile(at, name), { node: name, pair });
    const nodes = made.map(({ name, pair }) => ({ name, keys: [pair.publicKey], roles: [] }));
    saveRegistry(registryFile(at), new KeyRegistry(nodes), "new");
  }
  const security = await openCurveSecurity({ node: "control", folder, clock: nodeClock, log });
  context.after(() => security.close());
  const { address } = await startDirector(context, { security });
  const terms = { director: address, name: "ada", joinWithinMs: 1_500 };
  const without = await refusal(connectCluster(terms));
  assert.match(without.detail, /something listens there, but does not let this process in/);
  const wrong = await refusal(connectCluster({ ...terms, keys: others }));
  assert.equal(wrong.code, "unavailable");
  const stranger = await refusal(connectCluster({ ...terms, name: "eve", keys: folder }));
  assert.match(stranger.detail, /eve/);
  const ada = await connectCluster({ ...terms, joinWithinMs: 8_000, keys: folder });
  assert.equal(ada.name, "ada");
  await ada.close();
});

test("a client whose session is over joins again as another life", async (context) => {
  const former = await startDirector(context);
  const ada = await connectCluster({ director: former.address, name: "ada", callWithinMs: 500 });
  context.after(() => ada.close());
  const { incarnation } = ada.system.node;
  await former.end();
  // A director that remembers nothing: nobody has a session with it.
  const next = await untilBound(() => startDirector(context, { bind: former.address }));
  const isBack = (): boolean => isJoined(ada) && ada.system.node.incarnation > incarnation;
  while (!isBack() || next.director.members.find("ada")?.status !== "up") {
    await soon();
  }
  assert.equal(next.director.members.find("ada")?.node.incarnation, ada.system.node.incarnation);
  const status = await ada.getSystemStatus();
  assert.deepEqual(
    [status.isWhole, status.tasks.kind, status.members.kind],
    [...[false, "unknown", "known"]],
  );
});

test("a client that is closed while it joins again ends at once", async (context) => {
  const { address, end } = await startDirector(context);
  const ada = await connectCluster({ director: address, name: "ada", joinWithinMs: 30_000 });
  await end();
  const since = performance.now();
  await ada.close();
  assert.ok(performance.now() - since < 5_000);
});

test("a node client that no registry knows fails, and leaves nothing behind", async (context) => {
  const { address, director } = await startDirector(context);
  const terms = { director: address, node: "lamp", joinWithinMs: 1_000, callWithinMs: 500 };
  const failure = await refusal(startNodeClient(terms));
  assert.equal(failure.code, "unavailable");
  assert.match(failure.detail, /lamp was not registered within 1000 ms: the node-registry/);
  while (director.members.find("lamp") !== undefined) {
    await soon();
  }
  const named = startNodeClient({ ...terms, slots: -1 });
  await assert.rejects(named, /slots must be a whole number from 0, not -1/);
});
