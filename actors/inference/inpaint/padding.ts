// Pure. Networks want sides that are multiples of something, or at least so long, or equal. The
// picture is continued to the right and downwards by its own mirror image, edge included and as
// often as needed:
//
//   0 1 2 3 4  becomes  0 1 2 3 4 4 3 2
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Raster } from "./raster.ts";

export interface PadRule {
  /** Width and height become multiples of this. */
  readonly multiple: number;
  /** Neither becomes smaller than this. */
  readonly sizeMin: number;
  readonly isSquare: boolean;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A long strip made square would be as large as its length squared. */
export const paddedPixelsMax = 2 * limits.imagePixelsMax;

/** Fails with `invalid` when the rule itself makes no sense, with `too_large` beyond `paddedPixelsMax`. */
export function paddedSize(size: Size, rule: PadRule): Size {
  const { multiple, sizeMin } = rule;
  if (!Number.isSafeInteger(multiple) || multiple < 1) {
    throw new Failure("invalid", `padding multiple is ${multiple}; give a whole number from 1`);
  }
  if (!Number.isSafeInteger(sizeMin) || sizeMin < 0) {
    throw new Failure("invalid", `padding sizeMin is ${sizeMin}; give a whole number from 0`);
  }
  const side = (length: number) => Math.ceil(Math.max(length, sizeMin) / multiple) * multiple;
  const [width, height] = [side(size.width), side(size.height)];
  const longer = Math.max(width, height);
  const wanted = rule.isSquare ? { width: longer, height: longer } : { width, height };
  if (wanted.width * wanted.height <= paddedPixelsMax) return wanted;
  const seen = `the model takes ${size.width} by ${size.height} as ${wanted.width} by ${wanted.height}`;
  const most = `at most ${paddedPixelsMax} pixels are taken`;
  throw new Failure("too_large", `${seen}; ${most}: send a part of it, or a smaller resizeLimit`);
}

/** The raster itself when it has the size already. */
export function padded(raster: Raster, size: Size): Raster {
  if (raster.width === size.width && raster.height === size.height) return raster;
  const { channels } = raster;
  const data = new Uint8Array(size.width * size.height * channels);
  const columns = Array.from({ length: size.width }, (_, x) => mirrored(x, raster.width));
  for (let y = 0, to = 0; y < size.height; y++) {
    const row = mirrored(y, raster.height) * raster.width;
    for (const column of columns) {
      const from = (row + column) * channels;
      for (let channel = 0; channel < channels; channel++) {
        data[to++] = raster.data[from + channel] ?? 0;
      }
    }
  }
  return { ...size, channels, data };
}

function mirrored(index: number, length: number): number {
  const turn = index % (2 * length);
  return turn < length ? turn : 2 * length - 1 - turn;
}
