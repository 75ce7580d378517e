// Pure. What a network of Segment Anything is shown of a picture and of somebody's clicks in it, and the
// mask that a page paints of its answer.
import { Failure } from "#protocols/failure.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { normalisedPlanes } from "./picture-network.ts";
import { smoothlyResized } from "./smooth-resize.ts";

export interface Click {
  /** In pixels of the picture. */
  readonly x: number;
  readonly y: number;
  /** Whether it is of what is meant, or of what is not. */
  readonly isMeant: boolean;
}

export const clicksMax = 64;

/** From `[[x, y, 1 or 0], …]` as JSON. Fails with `invalid`, naming the parameter. */
export function clicksIn(text: unknown, { width, height }: Size): readonly Click[] {
  const list = typeof text === "string" ? parsed(text) : undefined;
  if (!Array.isArray(list) || list.length === 0 || list.length > clicksMax) {
    const seen = text === undefined ? "is missing" : `is ${String(text).slice(0, 64)}`;
    const wanted = `send 1 to ${clicksMax} as [[x, y, 1], …], with 0 for what is not meant`;
    throw new Failure("invalid", `clicks ${seen}; ${wanted}`);
  }
  return list.map((click: unknown) => {
    const [x, y, label, ...more]: unknown[] = Array.isArray(click) ? click : [];
    const isNumber = typeof x === "number" && typeof y === "number";
    const isLabel = (label === 0 || label === 1) && more.length === 0;
    if (isNumber && isLabel && x >= 0 && y >= 0 && x <= width && y <= height) {
      return { x, y, isMeant: label === 1 };
    }
    const seen = `clicks has ${JSON.stringify(click)}`;
    throw new Failure("invalid", `${seen}; send [x, y, 1 or 0] within ${width} by ${height}`);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What ImageNet's pictures are like, in samples of 0 to 255. */
const asTaught = {
  ...{ divisor: 1, means: [123.675, 116.28, 103.53] },
  deviations: [58.395, 57.12, 57.375],
};

/** The size of a picture whose longer side is `side`. */
export function shownSize({ width, height }: Size, side: number): Size {
  const scale = side / Math.max(width, height);
  const scaled = (length: number) => Math.max(1, Math.floor(length * scale + 0.5));
  return { width: scaled(width), height: scaled(height) };
}

/** Three planes of `side` by `side`: the picture in the upper left, zeros beside it. */
export function shownPlanes(picture: Raster, side: number): Float32Array {
  const size = shownSize(picture, side);
  const small = normalisedPlanes(smoothlyResized(picture, size, "linear"), asTaught);
  const planes = new Float32Array(3 * side * side);
  for (let row = 0; row < 3 * size.height; row++) {
    const [plane, y] = [Math.floor(row / size.height), row % size.height];
    const from = row * size.width;
    planes.set(small.subarray(from, from + size.width), (plane * side + y) * side);
  }
  return planes;
}

export interface Prompt {
  /** Pairs of x and y as the network sees the picture. */
  readonly places: Float32Array;
  /** 1: meant, 0: not meant, -1: no click. */
  readonly labels: Float32Array;
}

/** The clicks, and behind them the empty one that the network wants where there is no box. */
export function promptOf(clicks: readonly Click[], picture: Size, side: number): Prompt {
  const shown = shownSize(picture, side);
  const places = clicks.flatMap(({ x, y }) => [
    (x * shown.width) / picture.width,
    (y * shown.height) / picture.height,
  ]);
  const labels = clicks.map(({ isMeant }) => (isMeant ? 1 : 0));
  return { places: Float32Array.of(...places, 0, 0), labels: Float32Array.of(...labels, -1) };
}

const reach = 4;

/** 255 wherever a square of nine pixels each way around the pixel has a value above 0. */
export function widened({ width, height }: Size, values: Float32Array): Uint8Array {
  const wide = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!((values[y * width + x] ?? 0) > 0)) continue;
      const row = y * width;
      wide.fill(255, row + Math.max(0, x - reach), row + Math.min(width, x + reach + 1));
    }
  }
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
      for (let x = 0; x < width; x++) {
        if (wide[row * width + x]) mask[y * width + x] = 255;
      }
    }
  }
  return mask;
}

const brush = { rgb: [255, 203, 0], alpha: 186 } as const;

/** As a page paints it: the colour of its brush where the mask is, nothing elsewhere. */
export function painted(mask: Uint8Array): {
  readonly rgb: Uint8Array;
  readonly alpha: Uint8Array;
} {
  const rgb = new Uint8Array(mask.length * 3);
  const alpha = new Uint8Array(mask.length);
  for (const [pixel, value] of mask.entries()) {
    if (!value) continue;
    rgb.set(brush.rgb, pixel * 3);
    alpha[pixel] = brush.alpha;
  }
  return { rgb, alpha };
}
