// Brings a picture to another size, on libvips's threads. What shrinks is averaged first, so that thin
// strokes become faint instead of falling between the points that are kept.
import sharp from "sharp";
import type { Raster } from "../inpaint/raster.ts";
import type { Size } from "../text/polygon-spans.ts";

/** The same raster when it has that size. Takes 3 channels; ratios of the sides need not be the same. */
export async function resized(raster: Raster, { width, height }: Size): Promise<Raster> {
  if (raster.width === width && raster.height === height) return raster;
  const raw = { width: raster.width, height: raster.height, channels: raster.channels };
  const data = await sharp(raster.data, { raw })
    .resize(width, height, { fit: "fill", kernel: "linear" })
    .raw()
    .toBuffer();
  return { width, height, channels: raster.channels, data };
}
