// The built-in model against the classical methods of OpenCV on four photographs: peak signal to
// noise ratio over the hole pixels, in decibels; higher is nearer to the photograph.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { type Diffuse, openDiffuse } from "./diffuse-session.ts";
import { maskKinds, syntheticMask } from "./synthetic-masks.ts";

const photographs = ["bridge", "mountains", "seeding", "skyline"] as const;
const width = 640;
const seeds = [1, 2] as const;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Interleaved RGB bytes. */
  readonly data: Uint8Array;
}

type Inpaint = (picture: Picture, mask: Uint8Array) => Promise<Uint8Array>;

let diffuse: Diffuse;
let close: () => Promise<void>;
let opencv: typeof import("@techstark/opencv-js");

before(async () => {
  ({ diffuse, close } = await openDiffuse());
  opencv = createRequire(import.meta.url)("@techstark/opencv-js");
  if (!opencv.Mat) await new Promise<void>((ready) => (opencv.onRuntimeInitialized = ready));
});
after(() => close());

test("on every photograph and kind of mask the model is no worse than Telea", async () => {
  const rivals: Readonly<Record<string, Inpaint>> = {
    diffuse: byDiffuse,
    "Telea 3": byOpencv({ method: "INPAINT_TELEA", radius: 3 }),
    "Telea 5": byOpencv({ method: "INPAINT_TELEA", radius: 5 }),
    "Navier-Stokes 3": byOpencv({ method: "INPAINT_NS", radius: 3 }),
  };
  const table: Record<string, Record<string, number>> = {};
  for (const photograph of photographs) {
    const picture = await scaled(photograph);
    for (const [index, kind] of maskKinds.entries()) {
      for (const seed of seeds) {
        const mask = syntheticMask(kind, picture, seed * 100 + index);
        const row: Record<string, number> = {};
        for (const [name, inpaint] of Object.entries(rivals)) {
          row[name] = Number(decibels(picture, mask, await inpaint(picture, mask)).toFixed(2));
        }
        table[`${photograph} ${kind} ${seed}`] = row;
      }
    }
  }
  console.table(table);
  for (const [what, row] of Object.entries(table)) {
    const { diffuse: ours = 0, "Telea 3": three = 0, "Telea 5": five = 0 } = row;
    assert.ok(ours >= Math.max(three, five), `${what}: ${ours} dB, Telea ${three} and ${five} dB`);
  }
});

const byDiffuse: Inpaint = async (picture, mask) => {
  const size = mask.length;
  const image = new Float32Array(size * 3);
  for (let at = 0; at < image.length; at++) {
    image[at] = (picture.data[(at % size) * 3 + Math.floor(at / size)] ?? 0) / 255;
  }
  const holes = Float32Array.from(mask, (level) => (level > 0 ? 1 : 0));
  const output = await diffuse({ ...picture, image, mask: holes });
  const filled = new Uint8Array(image.length);
  for (let at = 0; at < filled.length; at++) {
    filled[at] = Math.round((output[(at % 3) * size + Math.floor(at / 3)] ?? 0) * 255);
  }
  return filled;
};

function byOpencv(how: {
  readonly method: "INPAINT_TELEA" | "INPAINT_NS";
  readonly radius: number;
}): Inpaint {
  return async ({ width, height, data }, mask) => {
    const source = new opencv.Mat(height, width, opencv.CV_8UC3);
    const holes = new opencv.Mat(height, width, opencv.CV_8UC1);
    const filled = new opencv.Mat();
    try {
      source.data.set(data);
      holes.data.set(mask);
      opencv.inpaint(source, holes, filled, how.radius, opencv[how.method]);
      return Uint8Array.from(filled.data);
    } finally {
      for (const matrix of [source, holes, filled]) matrix.delete();
    }
  };
}

function decibels(picture: Picture, mask: Uint8Array, filled: Uint8Array): number {
  let squares = 0;
  let count = 0;
  for (const [pixel, level] of mask.entries()) {
    if (level === 0) continue;
    for (let at = pixel * 3; at < pixel * 3 + 3; at++) {
      squares += ((filled[at] ?? 0) - (picture.data[at] ?? 0)) ** 2;
      count++;
    }
  }
  return 10 * Math.log10(255 ** 2 / (squares / count));
}

async function scaled(photograph: string): Promise<Picture> {
  const file = new URL(`../../../../examples/photographs/${photograph}.jpg`, import.meta.url);
  const { data, info } = await sharp(fileURLToPath(file))
    .resize({ width })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
