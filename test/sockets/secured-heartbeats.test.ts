// Heartbeats with keys: who is not listed hears none, and none is believed of another.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Subscriber } from "zeromq";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { type CurveKeyPair, makeKeyPair } from "#runtime/links/curve-keys.ts";
import type { CurveSecurity } from "#runtime/links/curve-security.ts";
import { loadRegistry, registryFile } from "#runtime/links/key-registry-file.ts";
import { ZeromqHeartbeats } from "#runtime/links/zeromq-heartbeats.ts";
import { after, clientOptions, KeyFolder, openSecurity } from "./keyed-nodes.ts";

const address = "tcp://127.0.0.1:*";
const bind = (security: CurveSecurity): Promise<ZeromqHeartbeats> =>
  ZeromqHeartbeats.bind({ address, now: nodeClock.now, security });

/** Publishes until it was heard, or for so long. */
async function beaten(from: ZeromqHeartbeats, heard: () => boolean, ms: number): Promise<boolean> {
  for (const endMs = nodeClock.now() + ms; nodeClock.now() < endMs && !heard(); ) {
    from.publish(Buffer.from("beat"));
    await after(25);
  }
  return heard();
}

/** What a subscriber of no node hears. */
function eavesdrop(
  at: string,
  options: ConstructorParameters<typeof Subscriber>[0],
): { readonly socket: Subscriber; readonly heard: string[] } {
  const socket = new Subscriber({ linger: 0, reconnectInterval: 20, ...options });
  const heard: string[] = [];
  socket.subscribe();
  socket.connect(at);
  void (async () => {
    for await (const [frame] of socket) heard.push(String(frame));
  })().catch(() => undefined);
  return { socket, heard };
}

const keyOf = (keys: KeyFolder, node: string): string =>
  loadRegistry(registryFile(keys.folder)).keysOf(node).at(-1) ?? "";

test("a listed node hears heartbeats; strangers with another key, a wrong one or none hear nothing", async () => {
  using keys = new KeyFolder(["a", "b"]);
  const [a, b] = await Promise.all(["a", "b"].map((name) => openSecurity(keys, name)));
  assert(a && b);
  const [wireA, wireB] = [await bind(a), await bind(b)];
  const heard: string[] = [];
  wireB.attend({ heard: (peer) => void heard.push(peer), dialled: () => {} });
  wireB.watch("a", wireA.address);
  assert.equal(await beaten(wireA, () => heard.length > 0, 10_000), true);
  const stranger: CurveKeyPair = makeKeyPair();
  const strangers = [
    eavesdrop(wireA.address, clientOptions(stranger, keyOf(keys, "a"))),
    eavesdrop(wireA.address, clientOptions(stranger, makeKeyPair().publicKey)),
    eavesdrop(wireA.address, {}),
  ];
  await beaten(wireA, () => false, 1_000);
  for (const { socket, heard: stolen } of strangers) {
    assert.deepEqual(stolen, []);
    socket.close();
  }
  for (const wire of [wireA, wireB]) wire.close();
  for (const security of [a, b]) security.close();
});

test("heartbeats at the address of a node that has another's key are not heard", async () => {
  using keys = new KeyFolder(["a", "b", "c"]);
  const [b, c] = await Promise.all(["b", "c"].map((name) => openSecurity(keys, name)));
  assert(b && c);
  const [wireB, wireC] = [await bind(b), await bind(c)];
  const heard: string[] = [];
  wireB.attend({ heard: (peer) => void heard.push(peer), dialled: () => {} });
  wireB.watch("a", wireC.address);
  assert.equal(await beaten(wireC, () => heard.length > 0, 1_000), false);
  wireB.watch("c", wireC.address);
  assert.equal(await beaten(wireC, () => heard.includes("c"), 10_000), true);
  assert(!heard.includes("a"));
  for (const wire of [wireB, wireC]) wire.close();
  for (const security of [b, c]) security.close();
});

test("a node whose key is removed is cut off from heartbeats, the others hear on; without a decider nobody hears", async () => {
  using keys = new KeyFolder(["a", "b", "c"]);
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((name) => openSecurity(keys, name)));
  assert(a && b && c);
  const wires = [await bind(a), await bind(b), await bind(c)] as const;
  const [wireA, wireB, wireC] = wires;
  const counts = { b: 0, c: 0 };
  const count = (by: "b" | "c"): void => {
    counts[by] += 1;
  };
  wireB.attend({ heard: () => count("b"), dialled: () => {} });
  wireC.attend({ heard: () => count("c"), dialled: () => {} });
  wireB.watch("a", wireA.address);
  wireC.watch("a", wireA.address);
  assert(await beaten(wireA, () => counts.b > 0 && counts.c > 0, 10_000));
  keys.change((registry) => registry.withoutNode("c"));
  a.readRegistry();
  await wireA.cut();
  await after(200);
  const before = { ...counts };
  assert(await beaten(wireA, () => counts.b > before.b + 5, 10_000));
  assert.equal(counts.c, before.c);
  a.close();
  const last = counts.b;
  await beaten(wireA, () => false, 500);
  assert.equal(counts.b, last);
  await assert.rejects(bind(a), /nobody decides/);
  for (const wire of wires) wire.close();
  for (const security of [b, c]) security.close();
});

test("without keys heartbeats stay on this machine", async () => {
  const plain = { address: "tcp://0.0.0.0:*", now: nodeClock.now };
  await assert.rejects(ZeromqHeartbeats.bind(plain), /beyond this machine/);
  const wire = await ZeromqHeartbeats.bind({ ...plain, address });
  assert.throws(() => wire.watch("b", "tcp://10.0.0.1:7601"), /beyond this machine/);
  wire.close();
});
