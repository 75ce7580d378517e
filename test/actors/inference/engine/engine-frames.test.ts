import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameReader, frameParts } from "#actors/inference/engine-frames.ts";
import { Failure } from "#protocols/failure.ts";

const bounds = { headerBytesMax: 200, payloadBytesMax: 1_000 };
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (cause) {
    return cause instanceof Failure ? cause.code : String(cause);
  }
  return "none";
};
const lead = (headerBytes: number, payloadBytes: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(headerBytes, 0);
  bytes.writeUInt32LE(payloadBytes, 4);
  return bytes;
};

describe("frames", () => {
  it("arrive whole and in order, whatever pieces the stream is cut into", () => {
    const frame = fc.record({
      header: fc.record(
        { kind: fc.string({ maxLength: 20 }), id: fc.nat() },
        { noNullPrototype: true },
      ),
      payloads: fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, steps) => {
          const sent = Buffer.concat(
            frames.flatMap(({ header, payloads }) => frameParts(header, payloads, bounds)),
          );
          const reader = new FrameReader(bounds);
          const seen = [];
          for (let at = 0, turn = 0; at < sent.length; turn++) {
            const step = steps[turn % steps.length] ?? 1;
            seen.push(...reader.push(sent.subarray(at, at + step)));
            at += step;
          }
          assert.deepEqual(
            seen.map(({ header, payload }) => ({ header, payload: [...payload] })),
            frames.map(({ header, payloads }) => ({
              header,
              payload: payloads.flatMap((payload) => [...payload]),
            })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it("carry payloads uncopied", () => {
    const payload = new Uint8Array(10);
    assert.equal(frameParts({}, [payload], bounds)[1], payload);
  });

  it("beyond the bounds are refused before they are sent", () => {
    const fits = new Uint8Array(bounds.payloadBytesMax);
    assert.equal(
      codeOf(() => frameParts({}, [fits], bounds)),
      "none",
    );
    assert.equal(
      codeOf(() => frameParts({}, [fits, new Uint8Array(1)], bounds)),
      "too_large",
    );
    assert.equal(
      codeOf(() => frameParts({ text: "x".repeat(200) }, [], bounds)),
      "too_large",
    );
  });

  it("that claim more than the bounds are refused before memory is taken", () => {
    for (const [header, payload] of [
      [0, 0],
      [201, 0],
      [2 ** 32 - 1, 0],
      [2, 1_001],
      [2, 2 ** 32 - 1],
    ] as const) {
      assert.equal(
        codeOf(() => new FrameReader(bounds).push(lead(header, payload))),
        "corrupt",
      );
    }
    assert.equal(
      codeOf(() => new FrameReader(bounds).push(lead(200, 1_000))),
      "none",
    );
  });

  it("whose header is no JSON are refused", () => {
    const stream = Buffer.concat([lead(2, 0), Buffer.from("{]")]);
    assert.equal(
      codeOf(() => new FrameReader(bounds).push(stream)),
      "corrupt",
    );
  });
});
