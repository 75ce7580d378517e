// Pure. Lays what the model made over the picture it was made from, by the mask: 255 takes the
// model's pixel, 0 keeps the picture's bit by bit, between the two is a mixture.
import type { FineRaster, Raster } from "./raster.ts";

/** `filled` may be larger than `image`; what lies right of it and below is padding and is dropped. */
export function composed(image: Raster, mask: Raster, filled: Raster): FineRaster {
  const { width, height, channels } = image;
  const data = new Float64Array(image.data.length);
  for (let y = 0, pixel = 0, at = 0; y < height; y++) {
    let from = y * filled.width * channels;
    for (let x = 0; x < width; x++, pixel++) {
      const share = (mask.data[pixel] ?? 0) / 255;
      for (let channel = 0; channel < channels; channel++, at++, from++) {
        data[at] = (filled.data[from] ?? 0) * share + (image.data[at] ?? 0) * (1 - share);
      }
    }
  }
  return { width, height, channels, data };
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
