// The networks of the benchmark of batches: pictures that run together get the answers that each gets alone.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TensorValues } from "#actors/inference/engine/network.ts";
import { OnnxNetwork } from "#actors/inference/engine/onnx-network.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { networkFile, networkSide } from "../../../bench/inference/batch-networks.ts";

const size = { units: 64, turns: 2, layers: 2 };
const pixels = networkSide * networkSide;

/** Each picture of a shade of its own, with one hole that is the lower half. */
const feedsOf = (shades: readonly number[]): TensorValues => {
  const [count, side] = [shades.length, networkSide];
  const colours = shades.flatMap((shade) => Array.from({ length: 3 * pixels }, () => shade));
  const holes = { length: count * pixels };
  return {
    image: { type: "float32", shape: [count, 3, side, side], data: Float32Array.from(colours) },
    mask: {
      ...{ type: "float32", shape: [count, 1, side, side] },
      data: Float32Array.from(holes, (_, at) => (at % pixels >= pixels / 2 ? 1 : 0)),
    },
  };
};

for (const network of ["weights", "convolutions"] as const) {
  test(`${network}: eight together are what each is alone`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "troupe-networks-"));
    try {
      const file = join(folder, "model.onnx");
      writeFileSync(file, networkFile(network, size));
      const loaded = await OnnxNetwork.load(file, RunThreads.start(1));
      const shades = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
      const together = (await loaded.run(feedsOf(shades))).output;
      for (const [at, shade] of shades.entries()) {
        const alone = (await loaded.run(feedsOf([shade]))).output;
        for (let pixel = 0; pixel < 3 * pixels; pixel += 97) {
          const joined = Number(together?.data[at * 3 * pixels + pixel]);
          assert.ok(Math.abs(joined - Number(alone?.data[pixel])) < 1e-4, `${at} ${pixel}`);
        }
        const [kept, filled] = [alone?.data[0], alone?.data[pixels - 1]];
        assert.notEqual(kept, filled, "the hole is not filled with what was there");
      }
      await loaded.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
