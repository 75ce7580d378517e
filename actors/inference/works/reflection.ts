// Pure. Continues a picture to the right and downwards by its own mirror image, its last row and column being
// the mirror, as often as needed (PyTorch's `reflect`, which is refused there where once is not enough):
//
//   0 1 2 3 4  becomes  0 1 2 3 4 3 2 1
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";

/** `size` is at least that of the raster, which is returned itself where it has it already. */
export function reflected(raster: Raster, size: Size): Raster {
  const { width, height, channels } = raster;
  if (width === size.width && height === size.height) return raster;
  const rowLength = size.width * channels;
  const data = new Uint8Array(size.height * rowLength);
  for (let y = 0; y < size.height; y++) {
    const from = mirrored(y, height) * width * channels;
    data.set(raster.data.subarray(from, from + width * channels), y * rowLength);
    for (let x = width; x < size.width; x++) {
      const pixel = from + mirrored(x, width) * channels;
      const to = y * rowLength + x * channels;
      data.set(raster.data.subarray(pixel, pixel + channels), to);
    }
  }
  return { ...size, channels, data };
}

function mirrored(index: number, length: number): number {
  if (length === 1) return 0;
  const turn = index % (2 * length - 2);
  return turn < length ? turn : 2 * length - 2 - turn;
}
