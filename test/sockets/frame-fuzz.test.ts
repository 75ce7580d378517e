// A million mutated frames at a node's live socket: nothing crashes, nothing is kept, each is counted,
// and who behaves is served all the while.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dealer } from "zeromq";
import { createCodec } from "#protocols/codec.ts";
import { encodeChunk, encodeFrame, sealBatch } from "#protocols/frame-layout.ts";
import { sealFrame } from "#protocols/frame-seal.ts";
import { headerBytes } from "#protocols/frames.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";
import { TestTransport } from "./test-transport.ts";

const frames = 1_000_000;
const perTurn = 2_000;

class NoRef {}
const codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: () => undefined },
});
const ones = { control: 1, messages: 1, bulk: 1 };
const none = new Uint8Array();
const node = { name: "mallory", incarnation: 7 };

/** Frames as they should be, of every kind and of the session that mallory would like to have. */
function models(session: number): readonly (readonly Buffer[])[] {
  const writer = codec.writer();
  const to = { path: "/somebody", uid: 3 };
  writer.add({ kind: "tell", to, method: "take", args: [{ a: 1, b: ["x", null, 2.5] }] });
  writer.add({ kind: "ask", to, method: "give", args: [], correlation: 4, remainingMs: 500 });
  writer.add({ kind: "watch", to, watcher: 9 });
  const { bytes, messages } = writer.close();
  const batch = { lane: "messages", session, firstSequence: 1, messages } as const;
  sealBatch(bytes, { ...batch, payloads: 0, hasTable: false }, []);
  const piece = Buffer.alloc(64, 7);
  const chunk = { session, sequence: 1, transfer: 1, size: 64, offset: 0 };
  return [
    [
      encodeFrame({
        ...{ kind: "hello", session, first: ones, versionMin: 2, version: 2, node, cluster: "" },
        ...{
          address: "tcp://127.0.0.1:1",
          wanted: 5,
          introduction: none,
          nonce: none,
          proof: none,
        },
      }),
    ],
    [bytes],
    [encodeChunk(chunk, piece), piece],
    [encodeFrame({ kind: "ping", session, next: ones })],
    [encodeFrame({ kind: "refuse", session, reason: "quarantined", node, text: "no" })],
    [encodeFrame({ kind: "goodbye", session })],
    [encodeFrame({ kind: "unknown", session })],
  ];
}

/** Some bytes changed, cut off or added; half of them with a checksum that fits again. */
function mutated(model: readonly Buffer[], random: () => number): readonly Buffer[] {
  const parts = model.map((part) => Buffer.from(part));
  const at = Math.floor(random() * parts.length);
  let part = parts[at] ?? Buffer.alloc(0);
  const how = random();
  if (how < 0.1) part = part.subarray(0, Math.floor(random() * part.length));
  else if (how < 0.15) part = Buffer.concat([part, part]);
  else {
    for (let count = 1 + Math.floor(random() * 4); count > 0 && part.length > 0; count--) {
      part[Math.floor(random() * part.length)] = Math.floor(random() * 256);
    }
  }
  parts[at] = part;
  if (random() < 0.05) parts.push(Buffer.alloc(Math.floor(random() * 100)));
  const [head, ...others] = parts;
  if (random() < 0.5 && head && head.length >= headerBytes) sealFrame(head, others);
  return parts;
}

test("a million mutated frames at the live socket harm nobody, and each is counted", {
  timeout: 300_000,
}, async (context) => {
  const b = await TestTransport.start({ name: "b" });
  context.after(() => b.stop());
  const a = await TestTransport.start({ name: "a", peers: { b: b.address } });
  context.after(() => a.stop());
  a.send("b", "before");
  await b.until(() => b.received.length === 1);

  const seed = Math.floor(Math.random() * 2 ** 31);
  const generator = randomOf(seed, "frames");
  const random = (): number => generator.next();
  const corpus = models(4_711);
  const mallory = new Dealer({ linger: 0, sendHighWaterMark: 0 });
  context.after(() => mallory.close());
  mallory.connect(b.address);
  // Who does not read its answers is cut off sooner or later, and what it had sent is gone.
  void readAway(mallory);
  const heardBefore = b.transport.frameCounts.heard;
  const rssBefore = process.memoryUsage().rss;
  let rssMost = rssBefore;
  for (let count = 0; count < frames; count += perTurn) {
    for (let index = 0; index < perTurn; index++) {
      const model = corpus[index % corpus.length] ?? [];
      await mallory.send([...mutated(model, random)]);
    }
    // As fast as the node takes them, and not faster: what waits would be this process's memory.
    const endsMs = performance.now() + silenceMsMax;
    for (let heard = 0; heard < count + perTurn; ) {
      heard = b.transport.frameCounts.heard - heardBefore;
      const seen = `seed ${seed}: heard ${heard} of ${count + perTurn}`;
      assert.ok(performance.now() < endsMs, seen);
      await nextTurn();
    }
    rssMost = Math.max(rssMost, process.memoryUsage().rss);
  }
  const { refused, stray, failed } = b.transport.frameCounts;
  assert.ok(refused > frames / 4, `seed ${seed}: ${refused} could not be read`);
  assert.ok(stray > frames / 10, `seed ${seed}: ${stray} belonged to no session`);
  assert.equal(failed, 0, `seed ${seed}: the handling of some threw`);
  assert.ok(rssMost - rssBefore < 200e6, `seed ${seed}: ${rssMost - rssBefore} bytes more`);
  a.send("b", "after");
  await b.until(() => b.received.includes("after"));
  assert.deepEqual(
    b.received,
    ["before", "after"],
    `seed ${seed}: nothing of mallory was delivered`,
  );
});

async function readAway(socket: Dealer): Promise<void> {
  for await (const _ of socket);
}

/** Milliseconds in which the frames of one turn are heard. */
const silenceMsMax = 20_000;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
