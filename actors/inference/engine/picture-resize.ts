// Resizes a picture by the filters of Pillow, which smooth where they shrink: `lanczos3` is its LANCZOS,
// `linear` its BILINEAR. libvips first halves pictures that shrink a lot, so that bytes differ by a few
// levels from Pillow's; where a resize must be OpenCV's, see `cubic-resize.ts` and `linear-resize.ts`.
import sharp from "sharp";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { channelOf } from "./channels.ts";

/** To that very size, whatever the proportions. The raster itself when it has the size already. */
export async function smoothlyResized(
  raster: Raster,
  size: Size,
  kernel: "lanczos3" | "linear",
): Promise<Raster> {
  const { width, height, channels } = raster;
  if (width === size.width && height === size.height) return raster;
  const { data, info } = await sharp(raster.data, { raw: { width, height, channels } })
    .resize({ ...size, fit: "fill", kernel })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels === channels) return { ...size, channels, data };
  // Grey comes back as three equal channels.
  return { ...size, channels: 1, data: channelOf({ data, channels: info.channels }, 0) };
}
