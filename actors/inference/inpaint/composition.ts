// Pure. Lays what the model made over the picture it was made from, by the mask: 255 takes the
// model's pixel, 0 keeps the picture's bit by bit, between the two is a mixture.
import type { FineRaster, Raster } from "./raster.ts";

/**
 * Drops the fractions of mixtures. `filled` may be larger than `image`; what lies right of it and
 * below is padding and is left out.
 */
export function composed(image: Raster, mask: Raster, filled: Raster): Raster {
  const data = image.data.slice();
  mix(data, mask, filled);
  return { ...image, data };
}

/** The same, fractions kept. */
export function fineComposed(image: Raster, mask: Raster, filled: Raster): FineRaster {
  const data = Float64Array.from(image.data);
  mix(data, mask, filled);
  return { ...image, data };
}

function mix(target: Uint8Array | Float64Array, mask: Raster, filled: Raster): void {
  const { width, height } = mask;
  const { channels } = filled;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const share = (mask.data[pixel] ?? 0) / 255;
      if (share === 0) continue;
      const from = (y * filled.width + x) * channels;
      const at = pixel * channels;
      for (let channel = 0; channel < channels; channel++) {
        const old = target[at + channel] ?? 0;
        target[at + channel] = (filled.data[from + channel] ?? 0) * share + old * (1 - share);
      }
    }
  }
}

/** The filled pixels where the mask is at least half, the image's elsewhere. */
export function keptOutside(image: Raster, mask: Raster, filled: Raster): Raster {
  const { channels } = image;
  const data = image.data.slice();
  for (let pixel = 0; pixel < mask.data.length; pixel++) {
    if ((mask.data[pixel] ?? 0) < 127) continue;
    const from = pixel * channels;
    data.set(filled.data.subarray(from, from + channels), from);
  }
  return { ...image, data };
}
