import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeHeartbeat, encodeHeartbeat, type Heartbeat } from "#protocols/cluster/heartbeat.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";

const plain = { noNullPrototype: true } as const;
const node = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9$][A-Za-z0-9._$-]{0,63}$/),
    incarnation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  },
  plain,
);
const heartbeat: fc.Arbitrary<Heartbeat> = fc.record(
  {
    node,
    sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    intervalMs: fc.integer({
      min: membershipLimits.heartbeatMsMin,
      max: membershipLimits.heartbeatMsMax,
    }),
    hears: fc.array(node, { maxLength: 32 }),
    misses: fc.array(node, { maxLength: 32 }),
  },
  plain,
);

test("a heartbeat comes back as it was", () => {
  fc.assert(
    fc.property(heartbeat, (given) => {
      assert.deepEqual(decodeHeartbeat(encodeHeartbeat(given)), given);
    }),
  );
});

test("a changed, shortened, lengthened or foreign frame is refused", () => {
  const anyFlip = fc.tuple(heartbeat, fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(anyFlip, ([given, place, bits]) => {
      const frame = encodeHeartbeat(given);
      const changed = Buffer.from(frame);
      changed[place % frame.length] = (frame[place % frame.length] ?? 0) ^ bits;
      for (const bad of [changed, frame.subarray(0, -1), Buffer.concat([frame, Buffer.alloc(1)])]) {
        assert.throws(() => decodeHeartbeat(bad), { code: "invalid" });
      }
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.throws(() => decodeHeartbeat(Buffer.from(bytes)), { code: "invalid" });
    }),
  );
});

test("beyond the bound of names those that are missed come first, and the frame stays small", () => {
  const names = (prefix: string) =>
    Array.from({ length: membershipLimits.namesMax }, (_, index) => ({
      name: `${prefix}${index}`.padEnd(64, "x"),
      incarnation: Number.MAX_SAFE_INTEGER,
    }));
  const misses = names("m").slice(0, 10);
  const self = { name: "n".repeat(64), incarnation: 1 };
  const frame = encodeHeartbeat({
    node: self,
    sequence: 1,
    intervalMs: 500,
    hears: names("h"),
    misses,
  });
  assert(frame.length <= membershipLimits.heartbeatBytesMax, `${frame.length} bytes`);
  const read = decodeHeartbeat(frame);
  assert.deepEqual(read.misses, misses);
  assert.equal(read.hears.length, membershipLimits.namesMax - 10);
});
