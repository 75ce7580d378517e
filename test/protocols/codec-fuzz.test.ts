import assert from "node:assert/strict";
import { test } from "node:test";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { decodeFrame, encodeFrame } from "#protocols/frame-layout.ts";
import { sealFrame } from "#protocols/frame-seal.ts";
import { type Frame, headerBytes } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";

class NoRef {}
const codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: (address, protocolId) => ({ address, protocolId }) },
});
const to = { path: "/a", uid: 1 };
const bodyOf = (...bytes: number[]): Buffer =>
  Buffer.concat([Buffer.alloc(headerBytes), Buffer.from(bytes)]);

/** A linear congruential generator: the same inputs in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function sample(): {
  readonly bytes: Buffer;
  readonly payloads: readonly Uint8Array[];
  readonly messages: number;
} {
  const writer = codec.writer();
  const args = [
    { id: 1, tags: ["a", "b"], nested: { deep: new Map([[1, new Set(["x"])]]) } },
    { id: 2, tags: [], nested: { deep: new Date(5) } },
    [1.5, -3, 70_000, 2n ** 70n, undefined, null, true, Buffer.from("hi"), Buffer.alloc(5_000)],
    "a text of some length that is longer than thirty-two bytes",
  ];
  writer.add({ kind: "tell", to, method: "m", args });
  writer.add({ kind: "ask", to, method: "n", args, correlation: 4, remainingMs: 10 });
  writer.add({ kind: "terminated", to, watcher: 1, exit: { kind: "node-down", node: "x" } });
  return writer.close();
}

function assertPlain(value: unknown): void {
  if (typeof value !== "object" || value === null) {
    assert.notEqual(typeof value, "function");
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  const known = [Object, Array, Map, Set, Date, Buffer].map((type) => type.prototype);
  assert(known.includes(prototype), "only plain data may come out of the decoder");
  if (value instanceof Map) for (const pair of value) assertPlain(pair);
  else if (value instanceof Set) for (const item of value) assertPlain(item);
  else if (!(value instanceof Uint8Array))
    for (const item of Object.values(value)) assertPlain(item);
}

test("200,000 mutated batches: plain envelopes or a Failure, nothing else, no pollution", () => {
  const random = generator(7);
  const batch = sample();
  let refused = 0;
  for (let round = 0; round < 200_000; round++) {
    const bytes = Buffer.from(
      batch.bytes.subarray(0, random(8) === 0 ? random(batch.bytes.length) + 1 : undefined),
    );
    const mutations = 1 + random(4);
    for (let index = 0; index < mutations; index++) {
      const at = headerBytes + random(Math.max(1, bytes.length - headerBytes));
      if (at < bytes.length) bytes[at] = random(3) === 0 ? 0xc0 + random(64) : random(256);
    }
    try {
      const envelopes: Envelope[] = codec.decode({ ...batch, bytes });
      if (round % 16 === 0) for (const envelope of envelopes) assertPlain(envelope);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      assert.equal(cause.code, "invalid");
      refused++;
    }
  }
  assert(refused > 50_000, `only ${refused} were refused`);
  assert.equal(Object.keys(Object.prototype).length, 0);
});

test("random bytes are refused", () => {
  const random = generator(11);
  for (let round = 0; round < 20_000; round++) {
    const bytes = bodyOf(...Array.from({ length: random(40) }, () => random(256)));
    assert.throws(() => codec.decode({ bytes, payloads: [], messages: 1 + random(3) }), Failure);
  }
});

test("bombs are refused without cost: lengths, depth, values, keys", () => {
  const reply = [0x93, 0x04, 0x01];
  const before = process.cpuUsage();
  const bombs = [
    [...reply, 0xdd, 0xff, 0xff, 0xff, 0xff],
    [...reply, 0xdf, 0xff, 0xff, 0xff, 0xff],
    [...reply, 0xdb, 0xff, 0xff, 0xff, 0xff],
    [...reply, 0xc6, 0xff, 0xff, 0xff, 0xff],
    [...reply, ...new Array(10_000).fill(0x91), 0xc0],
    [0xdd, 0xff, 0xff, 0xff, 0xff],
  ];
  for (const bomb of bombs) {
    assert.throws(
      () => codec.decode({ bytes: bodyOf(...bomb), payloads: [], messages: 1 }),
      Failure,
    );
  }
  const maps = Buffer.alloc(limits.frameBytesMax, 0x80);
  maps.set([...reply, 0xdd, 0x00, 0x0f, 0xff, 0x00], headerBytes);
  assert.throws(() => codec.decode({ bytes: maps, payloads: [], messages: 1 }), /200000 values/);
  // Of the processor, whoever else is using it.
  const { system, user } = process.cpuUsage(before);
  const tookMs = (system + user) / 1_000;
  assert(tookMs < 1_000, `took ${tookMs} ms`);
});

test("no class of msgpackr's other extensions is built from the wire", () => {
  const reply = [0x93, 0x04, 0x01];
  const regular = [0xd4, 0x78, 0x00, 0x92, 0xa1, 0x61, 0xa1, 0x67];
  const error = [0xd4, 0x65, 0x00, 0x93, 0xa5, 0x45, 0x72, 0x72, 0x6f, 0x72, 0xa1, 0x6d, 0xc0];
  const typed = [0xc7, 0x05, 0x74, 0x06, 0, 0, 0, 0];
  const pointer = [0xd6, 0x70, 0, 0, 0, 1];
  const bundle = [0xd6, 0x62, 0, 0, 0, 4, 0xc1, 1];
  for (const value of [regular, error, typed, pointer, bundle, [0xc1]]) {
    const bytes = bodyOf(...reply, ...value);
    assert.throws(() => codec.decode({ bytes, payloads: [], messages: 1 }), Failure);
  }
});

test("a payload is handed out once, and none may be left over", () => {
  const bytes = bodyOf(0x93, 0x04, 0x01, 0x92, 0xd4, 0x50, 0x00, 0x00, 0xd4, 0x50, 0x00, 0x00);
  const payloads = [Buffer.alloc(5_000)];
  assert.throws(() => codec.decode({ bytes, payloads, messages: 1 }), /out of turn/);
  const plain = bodyOf(0x93, 0x04, 0x01, 0xc0);
  assert.throws(() => codec.decode({ bytes: plain, payloads, messages: 1 }), /no message holds/);
});

test("frames: every kind comes back equal, mutations are refused or well-formed", () => {
  const node = { name: "worker-1", incarnation: 12 };
  const numbers = { control: 3, messages: 2 ** 40, bulk: 1 };
  const introduction = Buffer.from("who I am");
  const frames: readonly Exclude<Frame, { kind: "batch" | "chunk" }>[] = [
    {
      ...{
        kind: "hello",
        session: 5,
        first: numbers,
        versionMin: 1,
        version: 2,
        node,
        cluster: "",
      },
      ...{ address: "tcp://127.0.0.1:1", wanted: 0, introduction },
      ...{ nonce: Buffer.alloc(32, 1), proof: Buffer.alloc(0) },
    },
    { kind: "welcome", session: 5, acknowledged: numbers, version: 2, node, introduction },
    { kind: "challenge", session: 5, nonce: Buffer.alloc(32, 7) },
    { kind: "refuse", session: 5, reason: "quarantined", node, text: "gone" },
    {
      ...{ kind: "ack", session: 2 ** 53 - 1, acknowledged: numbers, messagesMax: 7, bytesMax: 9 },
      gaps: { control: false, messages: true, bulk: true },
    },
    { kind: "ping", session: 5, next: numbers },
    { kind: "goodbye", session: 5 },
    { kind: "unknown", session: 5 },
  ];
  const random = generator(3);
  for (const frame of frames) {
    const bytes = encodeFrame(frame);
    assert.deepEqual(decodeFrame([bytes]), frame);
    for (let round = 0; round < 3_000; round++) {
      const mutated = Buffer.from(
        bytes.subarray(0, random(6) === 0 ? random(bytes.length) : undefined),
      );
      if (mutated.length > 0) mutated[random(mutated.length)] = random(256);
      // Behind the checksum, what an authentic but wrong peer might send.
      if (round % 2 === 0 && mutated.length >= headerBytes) sealFrame(mutated);
      try {
        decodeFrame([mutated]);
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause;
      }
    }
  }
});
