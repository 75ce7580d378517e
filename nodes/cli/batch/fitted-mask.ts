// Makes a mask as large as its picture: the nearest pixel, so that black and white stay what they are.
// Both are read as the cluster reads them: upright, by the decoders that it lets at untrusted files and by no
// other, and no larger.
import sharp from "sharp";
import { decodeMask, prepareDecoders, uprightSize } from "#actors/inference/engine/decode.ts";

/** Pictures are done beside one another; each gets a thread. */
const threads = 1;

/** The mask as it is where it fits, else a PNG. Fails with `bad_image` for what is no picture. */
export async function fittedMask(image: Uint8Array, mask: Uint8Array): Promise<Uint8Array> {
  prepareDecoders(threads);
  const [wanted, size] = [await uprightSize(image, "image"), await uprightSize(mask, "mask")];
  if (wanted.width === size.width && wanted.height === size.height) return mask;
  const { holes, width, height } = await decodeMask(mask);
  return sharp(holes, { raw: { width, height, channels: 1 } })
    .resize({ ...wanted, fit: "fill", kernel: "nearest" })
    .png()
    .toBuffer();
}
