import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "#protocols/frame-layout.ts";
import type { FrameOf } from "#protocols/frames.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { BulkAssembly } from "#runtime/links/bulk-assembly.ts";
import { BulkLane } from "#runtime/links/bulk-lane.ts";

const { chunkBytes, chunksInFlightMax, bulkBytesMax } = linkLimits;

const patterned = (size: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index += 997) bytes[index] = (index + seed) % 251;
  return bytes;
};

interface Piece {
  readonly chunk: FrameOf<"chunk">;
  readonly bytes: Buffer;
}

function nextOf(lane: BulkLane): Piece | undefined {
  const parts = lane.next();
  if (parts === undefined) return undefined;
  const [head, bytes] = parts.map((part) => Buffer.from(part));
  assert(head && bytes);
  const chunk = decodeFrame([head, bytes]);
  assert(chunk.kind === "chunk");
  return { chunk, bytes };
}

test("arrays of every size around a chunk's come out as they went in", () => {
  for (const size of [1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes]) {
    const lane = new BulkLane(1);
    const assembly = new BulkAssembly();
    const sent = patterned(size, size);
    const transfer = lane.add(sent);
    const received = assembly.claim(transfer, size);
    let isFull = false;
    for (let piece = nextOf(lane); piece; piece = nextOf(lane)) {
      assert(!isFull);
      isFull = assembly.put(piece.chunk, piece.bytes);
    }
    assert(isFull && assembly.isComplete(transfer));
    assert(received.equals(sent));
    assert.equal(assembly.bytes, 0);
    assert(lane.acknowledge(Math.ceil(size / chunkBytes)));
    assert.deepEqual([lane.bytes, lane.finished], [0, transfer]);
  }
});

test("only a few chunks are on their way; acknowledged ones make room for the next", () => {
  const lane = new BulkLane(1);
  lane.add(patterned(chunkBytes * (chunksInFlightMax + 3), 1));
  const sent: number[] = [];
  for (let piece = nextOf(lane); piece; piece = nextOf(lane)) sent.push(piece.chunk.sequence);
  assert.equal(sent.length, chunksInFlightMax);
  assert(lane.acknowledge(2));
  const more = [nextOf(lane)?.chunk.sequence, nextOf(lane)?.chunk.sequence];
  assert.deepEqual(more, [chunksInFlightMax + 1, chunksInFlightMax + 2]);
  assert.equal(nextOf(lane), undefined);
});

test("after a rewind everything unacknowledged goes again, and is counted", () => {
  const lane = new BulkLane(1);
  lane.add(patterned(chunkBytes * 3, 1));
  for (let piece = nextOf(lane); piece; piece = nextOf(lane));
  lane.acknowledge(1);
  lane.rewind();
  assert.deepEqual([nextOf(lane)?.chunk.sequence, nextOf(lane)?.chunk.sequence], [2, 3]);
  assert.equal(lane.resent, 2);
});

test("nobody can acknowledge what was not sent", () => {
  const lane = new BulkLane(1);
  lane.add(patterned(chunkBytes * 2, 1));
  assert(!lane.acknowledge(1));
  nextOf(lane);
  assert(lane.acknowledge(1));
  assert(!lane.acknowledge(2));
});

test("the lane takes so many bytes, but one array of any size into an empty lane", () => {
  const lane = new BulkLane(1);
  assert(lane.hasRoomFor(bulkBytesMax * 2));
  lane.add(Buffer.alloc(chunkBytes));
  assert(lane.hasRoomFor(bulkBytesMax - chunkBytes));
  assert(!lane.hasRoomFor(bulkBytesMax - chunkBytes + 1));
});

test("chunks that contradict themselves are refused, and nothing is allocated for them", () => {
  const chunk = (fields: Partial<FrameOf<"chunk">>): FrameOf<"chunk"> => ({
    ...{ kind: "chunk", session: 1, sequence: 1, transfer: 1, size: 10, offset: 0 },
    ...fields,
  });
  const wrong: readonly (readonly [FrameOf<"chunk">, number, RegExp])[] = [
    [chunk({ transfer: 3 }), 4, /transfer 3 follows 1/],
    [chunk({ size: 11 }), 4, /two sizes/],
    [chunk({ offset: 3 }), 4, /not the next/],
    [chunk({ offset: 2 }), 9, /not the next/],
    [chunk({ offset: 2 }), 0, /not the next/],
    [chunk({ transfer: 2, size: bulkBytesMax }), 4, /too much/],
  ];
  for (const [fields, length, message] of wrong) {
    const assembly = new BulkAssembly();
    assembly.put(chunk({}), Buffer.alloc(2));
    assert.throws(() => assembly.put(fields, Buffer.alloc(length)), { code: "invalid", message });
    assert.equal(assembly.bytes, 10);
  }
});
