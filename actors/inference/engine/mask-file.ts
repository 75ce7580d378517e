// Writes a mask as a file: a PNG of one channel, white where its holes are.
import sharp from "sharp";
import type { Raster } from "../inpaint/raster.ts";

/** Takes one channel, of 0 and 255. */
export const maskFile = ({ width, height, data }: Raster): Promise<Uint8Array> =>
  sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png({ compressionLevel: 6 })
    .toBuffer();
