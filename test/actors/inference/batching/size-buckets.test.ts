import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BatchedNetwork } from "#actors/inference/batching/batched-network.ts";
import { PaddedNetwork } from "#actors/inference/batching/padded-network.ts";
import { bucketSide, paddedValues } from "#actors/inference/batching/size-buckets.ts";
import type { Network, TensorValues } from "#actors/inference/engine/network.ts";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Failure } from "#protocols/failure.ts";

const open = ["n", 1, "h", "w"];
const ports = {
  inputs: [{ name: "image", type: "float32", shape: open }],
  outputs: [{ name: "result", type: "float32", shape: open }],
};

type Plane = { readonly height: number; readonly width: number; readonly data: Float32Array };

/** Each pixel becomes the sum of those at most so far away, of which there are none beyond the edge. */
function sums({ height, width, data }: Plane, reach: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
        for (let at = Math.max(0, x - reach); at <= Math.min(width - 1, x + reach); at++) {
          sum += data[row * width + at] ?? 0;
        }
      }
      result[y * width + x] = sum;
    }
  }
  return result;
}

const tensorsOf = ({ height, width, data }: Plane): TensorValues => ({
  image: { type: "float32", shape: [1, 1, height, width], data },
});

/** As it would be trained: of planes in, planes of the same size out; remembers what was run. */
function network(reach: number): Network & { readonly shapes: string[] } {
  const shapes: string[] = [];
  return {
    ...ports,
    shapes,
    async run({ image }) {
      assert.ok(image && image.data instanceof Float32Array);
      const [count = 0, , height = 0, width = 0] = image.shape;
      shapes.push(image.shape.join("x"));
      const data = new Float32Array(image.data.length);
      const size = height * width;
      for (let at = 0; at < count; at++) {
        const plane = image.data.slice(at * size, (at + 1) * size);
        data.set(sums({ height, width, data: plane }, reach), at * size);
      }
      return { result: { type: "float32", shape: image.shape, data } };
    },
    close: async () => undefined,
  };
}

const planes = fc
  .record({ height: fc.integer({ min: 1, max: 12 }), width: fc.integer({ min: 1, max: 12 }) })
  .map(({ height, width }) => ({
    ...{ height, width },
    data: Float32Array.from({ length: height * width }, (_, at) => ((at * 7919) % 251) + 1),
  }));

describe("the size that a picture is brought to", () => {
  for (const [side, multiple, sides] of [
    [1, 8, 4],
    [4, 8, 4],
    [5, 8, 9],
    [8, 8, 9],
    [9, 16, 9],
    [10, 16, 10],
  ] as const) {
    it(`is ${multiple} or ${sides} for ${side}`, () => {
      assert.equal(bucketSide(side, { multiple: 8 }), multiple);
      assert.equal(bucketSide(side, { sides: [4, 9] }), sides);
    });
  }

  it("is reached by its last column and row", () => {
    const image = { height: 2, width: 2, data: Float32Array.of(1, 2, 3, 4) };
    const { image: padded } = paddedValues(tensorsOf(image), { height: 3, width: 4 });
    assert.deepEqual(padded?.shape, [1, 1, 3, 4]);
    assert.deepEqual([...(padded?.data ?? [])], [1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4]);
  });

  it("stands in the model's configuration, ascending", () => {
    const settings = (sizes: object) =>
      settingsOf({ batching: { itemsMax: 2, sizes } }, "config.json");
    assert.deepEqual(settings({ multiple: 64 }).batching.sizes, { multiple: 64 });
    assert.deepEqual(settings({ sides: [8, 16] }).batching.sizes, { sides: [8, 16] });
    assert.throws(
      () => settings({ sides: [16, 8] }),
      (why) => why instanceof Failure && /config\.json: batching: the sides 16, 8/.test(why.detail),
    );
    assert.equal(settingsOf({}, "config.json").batching.sizes, undefined);
  });
});

describe("a padded picture", () => {
  for (const reach of [0, 1, 2]) {
    it(`gives what it gives by itself, but within ${reach} of its right and lower edge`, () =>
      fc.assert(
        fc.asyncProperty(planes, async (plane) => {
          const { height, width } = plane;
          const alone = (await network(reach).run(tensorsOf(plane))).result?.data ?? [];
          const inner = network(reach);
          const { result } = await new PaddedNetwork(inner, { multiple: 5 }).run(tensorsOf(plane));
          assert.deepEqual(result?.shape, [1, 1, height, width]);
          assert.ok(inner.shapes.every((shape) => /^1x1x(5|10|15)x(5|10|15)$/.test(shape)));
          const [rows, columns] = [height, width].map((side) =>
            side % 5 === 0 ? side : Math.max(0, side - reach),
          );
          for (let y = 0; y < (rows ?? 0); y++) {
            for (let x = 0; x < (columns ?? 0); x++) {
              assert.equal(result.data[y * width + x], alone[y * width + x], `at ${x}, ${y}`);
            }
          }
        }),
      ));
  }

  it("runs together with one of another size", async () => {
    const inner = network(0);
    const terms = { itemsMax: 2, preferred: [], delayMsMax: 1_000 };
    const joined = new PaddedNetwork(new BatchedNetwork(inner, terms), { multiple: 4 });
    const small = { height: 2, width: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const large = { height: 4, width: 4, data: new Float32Array(16).fill(9) };
    const [first, second] = await Promise.all([
      joined.run(tensorsOf(small)),
      joined.run(tensorsOf(large)),
    ]);
    assert.deepEqual(inner.shapes, ["2x1x4x4"]);
    assert.deepEqual([...(first.result?.data ?? [])], [...small.data]);
    assert.deepEqual([...(second.result?.data ?? [])], [...large.data]);
    await joined.close();
  });

  it("whose answer is of another size is refused with what to do", async () => {
    const odd: Network = {
      ...ports,
      run: async () => ({
        result: { type: "float32", shape: [1, 10], data: new Float32Array(10) },
      }),
      close: async () => undefined,
    };
    const plane = { height: 1, width: 1, data: Float32Array.of(1) };
    await assert.rejects(new PaddedNetwork(odd, { multiple: 4 }).run(tensorsOf(plane)), {
      code: "model_failed",
    });
  });
});
