// Pure but for the filler it is handed. Makes a filler that takes one size only take any: what it is
// given is resized to that size, filled, and resized back. Nothing but the holes is used of the
// result, so only they lose sharpness, and only where the picture is larger than the network.
import { composed } from "../inpaint/composition.ts";
import { cubicResized } from "../inpaint/cubic-resize.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";

export function fixedSizeFiller(inner: Filler, size: Size): Filler {
  return {
    padding: inner.padding,
    async fill(image, mask, options) {
      const { width, height } = image;
      if (width === size.width && height === size.height) return inner.fill(image, mask, options);
      const small = cubicResized(image, size);
      const holes = resizedHoles(mask, size);
      const filled = await inner.fill(small, holes, options);
      // Enlarging mixes neighbours, and what a network gives outside the holes may be anything.
      return cubicResized(composed(small, holes, filled), { width, height });
    },
    close: () => inner.close(),
  };
}

/**
 * A hole wherever resizing the picture has mixed in a pixel of a hole, and wherever one lies under
 * the pixel: no hole gets lost, however thin it is, and nothing of what is to go shows beside it.
 */
export function resizedHoles(mask: Raster, size: Size): Raster {
  const columns = reaches(mask.width, size.width);
  const rows = reaches(mask.height, size.height);
  const wide = new Uint8Array(size.width * mask.height);
  for (let y = 0, to = 0; y < mask.height; y++) {
    for (const { first, last } of columns) {
      const from = y * mask.width;
      wide[to++] = hasHole(mask.data.subarray(from + first, from + last + 1)) ? 255 : 0;
    }
  }
  const data = new Uint8Array(size.width * size.height);
  for (const [y, { first, last }] of rows.entries()) {
    for (let row = first; row <= last; row++) {
      for (let x = 0; x < size.width; x++) {
        if (wide[row * size.width + x]) data[y * size.width + x] = 255;
      }
    }
  }
  return { ...size, channels: 1, data };
}

interface Reach {
  readonly first: number;
  readonly last: number;
}

// The cubic takes two samples on each side of its centre; a pixel lies over `scale` of them.
function reaches(from: number, to: number): readonly Reach[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, index) => {
    const left = Math.floor((index + 0.5) * scale - 0.5);
    const first = Math.min(left - 1, Math.floor(index * scale));
    const last = Math.max(left + 2, Math.ceil((index + 1) * scale) - 1);
    return { first: Math.max(0, first), last: Math.min(from - 1, last) };
  });
}

const hasHole = (row: Uint8Array): boolean => row.some((value) => value !== 0);
