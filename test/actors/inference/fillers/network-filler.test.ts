// Networks of each form, run by ONNX Runtime, filling pictures as a request does.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { TensorValues } from "#actors/inference/engine/network.ts";
import { OnnxNetwork } from "#actors/inference/engine/onnx-network.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import type { FillerConfig } from "#actors/inference/fillers/filler-config.ts";
import { networkFiller } from "#actors/inference/fillers/network-filler.ts";
import { opencvFiller } from "#actors/inference/fillers/opencv-filler.ts";
import { warmUp } from "#actors/inference/fillers/trial-picture.ts";
import type { Filler } from "#actors/inference/inpaint/filler.ts";
import { type InpaintOptions, inpaint } from "#actors/inference/inpaint/inpaint.ts";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import {
  fourChannelFile,
  halvingFile,
  lamaFile,
  pipelineFile,
  pixelsFile,
} from "./network-files.ts";

const folder = await mkdtemp(join(tmpdir(), "troupe-test-fillers-"));
after(() => rm(folder, { recursive: true }));

let fileCount = 0;

async function networkOf(file: Uint8Array): Promise<OnnxNetwork> {
  const path = join(folder, `${fileCount++}.onnx`);
  await writeFile(path, file);
  return OnnxNetwork.load(path, RunThreads.start(1));
}

const fillerOf = async (file: Uint8Array, config: FillerConfig = {}): Promise<Filler> =>
  networkFiller(await networkOf(file), config);

const original: InpaintOptions = {
  strategy: "Original",
  cropMargin: 16,
  cropTriggerSize: 64,
  resizeLimit: 64,
};

/** Slowly changing colours: resizing keeps them within a few levels. */
function slopes(width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      data[at] = 30 + Math.floor((x * 60) / width);
      data[at + 1] = 120 + Math.floor((y * 60) / height);
      data[at + 2] = 200 + Math.floor((x * 50) / width);
    }
  }
  return { width, height, channels: 3, data };
}

function holeAt(
  { width, height }: Raster,
  [left, top, right, bottom]: readonly [number, number, number, number],
): Raster {
  const data = new Uint8Array(width * height);
  for (let y = top; y < bottom; y++) data.fill(255, y * width + left, y * width + right);
  return { width, height, channels: 1, data };
}

/** Holes are the negative of what was there, within `distanceMax` levels; all else is untouched. */
async function assertFills(
  filler: Filler,
  image: Raster,
  {
    mask,
    core = mask,
    distanceMax,
    options = original,
  }: {
    readonly mask: Raster;
    /** The part of the holes that is looked at. */
    readonly core?: Raster;
    readonly distanceMax: number;
    readonly options?: InpaintOptions;
  },
): Promise<void> {
  const { data } = await inpaint(image, mask, filler, options);
  for (const [at, before] of image.data.entries()) {
    const pixel = Math.floor(at / 3);
    const isHole = mask.data[pixel] === 255;
    if (isHole && core.data[pixel] !== 255) continue;
    const distance = Math.abs((isHole ? 255 - before : before) - (data[at] ?? 0));
    assert.ok(distance <= (isHole ? distanceMax : 0), `sample ${at} is off by ${distance}`);
  }
}

describe("networks of any size", () => {
  const cases: [name: string, file: Uint8Array, config: FillerConfig, multiple: number][] = [
    ["image and mask, 0 to 1", lamaFile(), {}, 8],
    ["image and mask, 0 to 255", lamaFile({ light: 255 }), {}, 8],
    ["an open batch", lamaFile({ batch: "batch" }), {}, 8],
    ["other names", lamaFile({ names: ["photo", "a", "b"] }), {}, 8],
    ["a range that the config tells", lamaFile(), { outputs: { output: { range: [0, 1] } } }, 8],
    ["four channels", fourChannelFile(), {}, 32],
    ["bytes with an inverted mask", pipelineFile(), {}, 1],
    ["bytes, the channels of a pixel side by side", pixelsFile(), {}, 1],
    ["an output declared in the size of a sample", pipelineFile([1, 3, 512, 512]), {}, 1],
  ];
  for (const [name, file, config, multiple] of cases) {
    it(`fill exactly: ${name}`, async () => {
      const filler = await fillerOf(file, config);
      assert.deepEqual(filler.padding, { multiple, sizeMin: 0, isSquare: false });
      await warmUp(filler, "grey");
      const image = slopes(61, 45);
      const mask = holeAt(image, [20, 10, 50, 30]);
      // A blanked hole is black, and its negative white.
      const blank = { ...image, data: image.data.slice() };
      if (name === "four channels") {
        for (const at of blank.data.keys()) if (mask.data[Math.floor(at / 3)]) blank.data[at] = 0;
      }
      // Floats are rounded down.
      await assertFills(filler, blank, { mask, distanceMax: 1 });
      await filler.close();
    });
  }

  it("blank the holes where the mask is a channel", async () => {
    const network = await networkOf(fourChannelFile());
    const fed: TensorValues[] = [];
    const spied = {
      inputs: network.inputs,
      outputs: network.outputs,
      run: (inputs: TensorValues) => {
        fed.push(structuredClone(inputs));
        return network.run(inputs);
      },
      close: () => network.close(),
    };
    const filler = await networkFiller(spied, { outputs: { output: { range: [0, 1] } } });
    const image = slopes(32, 32);
    await filler.fill(image, holeAt(image, [0, 0, 1, 1]), {});
    const data = fed[0]?.input?.data;
    assert.deepEqual(fed[0]?.input?.shape, [1, 4, 32, 32]);
    const size = 32 * 32;
    const planes = [0, size, 2 * size, 3 * size];
    assert.deepEqual(
      planes.map((at) => data?.[at]),
      [0, 0, 0, 1],
    );
    const [red = 0, green = 0, blue = 0] = image.data.subarray(3, 6);
    const wanted = Float32Array.of(red / 255, green / 255, blue / 255, 0);
    assert.deepEqual(
      planes.map((at) => data?.[at + 1]),
      [...wanted],
    );
    await filler.close();
  });

  it("take a mask of bytes whose holes are 255 when the config says so", async () => {
    for (const file of [pipelineFile(), pixelsFile()]) {
      const filler = await fillerOf(file, { inputs: { mask: { hole: 1 } } });
      const image = slopes(16, 16);
      const { data } = await filler.fill(image, holeAt(image, [0, 0, 8, 8]), {});
      assert.equal(data[0], (image.data[0] ?? 0) + 1, "the network was told it is known");
      await filler.close();
    }
  });
});

describe("networks of 512 by 512", () => {
  const files: [name: string, file: Uint8Array][] = [
    ["image and mask, 0 to 255", lamaFile({ batch: "batch", side: 512, light: 255 })],
    ["image and mask, 0 to 1", lamaFile({ side: 512 })],
  ];
  for (const [name, file] of files) {
    it(`${name}: a small picture is continued, not enlarged, and filled exactly`, async () => {
      const filler = await fillerOf(file);
      assert.deepEqual(filler.padding, { multiple: 1, sizeMin: 512, isSquare: true });
      const image = slopes(300, 211);
      await assertFills(filler, image, { mask: holeAt(image, [20, 10, 150, 90]), distanceMax: 1 });
      await filler.close();
    });

    it(`${name}: a large picture is shrunk, and only its holes are taken back`, async () => {
      const filler = await fillerOf(file);
      const image = slopes(900, 700);
      const mask = holeAt(image, [301, 203, 497, 388]);
      // Along its rim a hole is mixed with what is around, which here is far from its negative.
      const core = holeAt(image, [305, 207, 493, 384]);
      await assertFills(filler, image, { mask, core, distanceMax: 3 });
      await filler.close();
    });

    it(`${name}: Crop gives it windows of its size`, async () => {
      const filler = await fillerOf(file);
      const image = slopes(1500, 1300);
      const mask = holeAt(image, [700, 600, 760, 640]);
      const options = { ...original, strategy: "Crop", cropMargin: 196 } as const;
      await assertFills(filler, image, { mask, distanceMax: 1, options });
      await filler.close();
    });
  }

  it("of four channels take any picture too", async () => {
    const filler = await fillerOf(fourChannelFile({ side: 512 }));
    const image = { ...slopes(700, 520), data: new Uint8Array(700 * 520 * 3) };
    await assertFills(filler, image, { mask: holeAt(image, [9, 9, 99, 99]), distanceMax: 0 });
    await filler.close();
  });
});

it("pictures of one pixel, one row or one column are filled by every form and strategy", async () => {
  const files = [lamaFile(), lamaFile({ side: 512 }), fourChannelFile(), pipelineFile()];
  const fillers = [
    ...(await Promise.all(files.map((file) => fillerOf(file)))),
    await opencvFiller(),
  ];
  const small = { cropMargin: 3, cropTriggerSize: 4, resizeLimit: 4 };
  for (const filler of fillers) {
    for (const [width, height] of [
      [1, 1],
      [1, 9],
      [9, 1],
      [2, 700],
    ] as const) {
      const image = slopes(width, height);
      const mask = holeAt(image, [0, 0, width, Math.ceil(height / 2)]);
      for (const strategy of ["Original", "Crop", "Resize"] as const) {
        const { data } = await inpaint(image, mask, filler, { ...small, strategy });
        assert.equal(data.length, width * height * 3);
        const kept = image.data.subarray(Math.ceil(height / 2) * width * 3);
        assert.deepEqual(data.subarray(-kept.length || data.length), kept);
      }
    }
    await filler.close();
  }
});

describe("answers that are no picture are the model's failure", () => {
  const config: FillerConfig = { outputs: { output: { range: [0, 1] } } };
  const image = slopes(64, 64);
  const mask = holeAt(image, [0, 0, 8, 8]);

  it("samples that are no number", async () => {
    const filler = await fillerOf(lamaFile({ flaw: Number.NaN }), config);
    await assert.rejects(filler.fill(image, mask, {}), {
      code: "model_failed",
      detail: "its output is not a number (NaN) at pixel 0 of 4096",
    });
    await filler.close();
  });

  it("but infinite ones are clipped, as all beyond black and white", async () => {
    for (const [flaw, level] of [
      [Number.POSITIVE_INFINITY, 255],
      [9, 255],
      [-9, 0],
    ] as const) {
      const filler = await fillerOf(lamaFile({ flaw }), config);
      const { data } = await filler.fill(image, mask, {});
      assert.deepEqual(new Set(data), new Set([level]));
      await filler.close();
    }
  });

  it("another size than was fed", async () => {
    const filler = await fillerOf(halvingFile(), config);
    await assert.rejects(filler.fill(image, mask, {}), {
      code: "model_failed",
      detail: "output output gave float32 [1,3,32,64], not float32 [1,3,64,64]",
    });
    await filler.close();
  });

  it("a network that is closed", async () => {
    const filler = await fillerOf(lamaFile(), config);
    await filler.close();
    await filler.close();
    await assert.rejects(filler.fill(image, mask, {}), { code: "model_failed" });
  });
});
