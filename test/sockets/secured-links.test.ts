// Whole links over sockets with keys: who is let in, who is believed, and who is cut off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyFile, loadKeyFile, makeKeyPair, replaceKeyFile } from "#runtime/links/curve-keys.ts";
import type { CurveSecurity } from "#runtime/links/curve-security.ts";
import { after, KeyFolder, LogLines, openSecurity } from "./keyed-nodes.ts";
import { sendAll, TestTransport } from "./test-transport.ts";

interface Node extends AsyncDisposable {
  readonly links: TestTransport;
  readonly security: CurveSecurity;
}

async function start(
  keys: KeyFolder,
  options: ConstructorParameters<typeof TestTransport>[0] & { readonly keysOf?: string },
): Promise<Node> {
  const { keysOf = options.name, ...rest } = options;
  const security = await openSecurity(keys, keysOf, new LogLines());
  const links = await TestTransport.start({ ...rest, security });
  security.onRevoked((revoked) => {
    void links.transport.revoke(new Set(revoked.map(({ key }) => key)));
  });
  return {
    links,
    security,
    [Symbol.asyncDispose]: async () => {
      await links.stop();
      security.close();
    },
  };
}

test("nodes with keys exchange everything in order, either way", async () => {
  using keys = new KeyFolder(["a", "b"]);
  await using b = await start(keys, { name: "b" });
  await using a = await start(keys, { name: "a", peers: { b: b.links.address } });
  const numbers = Array.from({ length: 3_000 }, (_, index) => index);
  await sendAll(a.links, "b", numbers);
  await b.links.until(() => b.links.received.length === numbers.length);
  assert.deepEqual(b.links.received, numbers);
  // b has learned from the greeting where a listens, and demands the key of a there.
  await sendAll(b.links, "a", numbers);
  await a.links.until(() => a.links.received.length === numbers.length);
  assert.deepEqual(a.links.received, numbers);
});

test("a node with a key of the cluster that greets in another's name is refused, and delivers nothing", async () => {
  using keys = new KeyFolder(["a", "b", "mallory"]);
  await using b = await start(keys, { name: "b" });
  await using mallory = await start(keys, {
    name: "a",
    incarnation: 99,
    keysOf: "mallory",
    peers: { b: b.links.address },
  });
  mallory.links.send("b", "I am a");
  await mallory.links.until(() => mallory.links.events.some((event) => event.startsWith("down")));
  assert.deepEqual(b.links.received, []);
  assert.deepEqual(b.links.events, []);
  // The true one is believed, and its lower incarnation was not spoilt.
  await using a = await start(keys, { name: "a", peers: { b: b.links.address } });
  a.links.send("b", "I am a");
  await b.links.until(() => b.links.received.length === 1);
  assert.deepEqual(b.links.events, ["up a~1"]);
});

test("a stranger that listens at the address of a node is not talked to", async () => {
  using keys = new KeyFolder(["a", "b"]);
  using strangers = new KeyFolder(["b", "a"]);
  await using stranger = await start(strangers, { name: "b" });
  await using a = await start(keys, { name: "a", peers: { b: stranger.links.address } });
  a.links.send("b", "a secret");
  await after(500);
  assert.deepEqual(stranger.links.received, []);
  assert.deepEqual(stranger.links.events, []);
  assert.deepEqual(
    a.links.events.filter((event) => event.startsWith("up")),
    [],
  );
});

test("a plain node and a node with keys do not talk to each other", async () => {
  using keys = new KeyFolder(["a", "b"]);
  await using b = await start(keys, { name: "b" });
  const plain = await TestTransport.start({ name: "a", peers: { b: b.links.address } });
  plain.send("b", "hello");
  await after(400);
  assert.deepEqual(b.links.received, []);
  assert.ok(Object.keys(b.security.refused).length > 0);
  await plain.stop();
});

test("a node that starts anew with its next key goes on as before", async () => {
  using keys = new KeyFolder(["a", "b"]);
  const next = makeKeyPair();
  const former = loadKeyFile(keyFile(keys.folder, "b"), "b").publicKey;
  keys.change((registry) => registry.withKey({ node: "b", key: next.publicKey }));
  const first = await start(keys, { name: "b", incarnation: 1 });
  const { address } = first.links;
  await using a = await start(keys, { name: "a", peers: { b: address } });
  await sendAll(a.links, "b", [1]);
  await first.links.until(() => first.links.received.length === 1);
  await first[Symbol.asyncDispose]();
  replaceKeyFile(keyFile(keys.folder, "b"), { node: "b", pair: next });
  keys.change((registry) => registry.withoutKey({ node: "b", key: former }));
  a.security.readRegistry();
  await using second = await start(keys, { name: "b", incarnation: 2, bind: address });
  await sendAll(a.links, "b", [2]);
  await second.links.until(() => second.links.received.length === 1);
  assert.deepEqual(second.links.received, [2]);
});

test("a node whose key is removed is cut off at once, and the others go on", async () => {
  using keys = new KeyFolder(["a", "b", "c"]);
  await using b = await start(keys, { name: "b" });
  await using a = await start(keys, { name: "a", peers: { b: b.links.address } });
  await using c = await start(keys, { name: "c", peers: { b: b.links.address } });
  a.links.send("b", "from a");
  c.links.send("b", "from c");
  await b.links.until(() => b.links.received.length === 2);
  keys.change((registry) => registry.withoutNode("a"));
  b.security.readRegistry();
  await b.links.until(() => b.links.events.includes("down a~1 lost 0"));
  a.links.send("b", "still here");
  const numbers = Array.from({ length: 500 }, (_, index) => index);
  await sendAll(c.links, "b", numbers);
  await b.links.until(() => b.links.received.length === 2 + numbers.length);
  assert.deepEqual(b.links.received.slice(2), numbers);
  assert.deepEqual(
    c.links.events.filter((event) => event.startsWith("down")),
    [],
  );
});

test("a node that cuts its connections still says where it listens", async () => {
  using keys = new KeyFolder(["b"]);
  await using b = await start(keys, { name: "b" });
  const { transport, address } = b.links;
  const cutting = transport.revoke(new Set());
  assert.equal(transport.address, address);
  await cutting;
  assert.equal(transport.address, address);
});
