// Repairs one image: read both files, fill the holes, write the file.
import { Failure } from "#protocols/failure.ts";
import type { Filler } from "../inpaint/filler.ts";
import { type InpaintOptions, inpaint } from "../inpaint/inpaint.ts";
import type { WorkResult } from "../works/model-work.ts";
import { type DecodedImage, type DecodedMask, decodeImage, decodeMask } from "./decode.ts";
import { encodeImage } from "./encode.ts";
import { contentTypeOf, outputFormatFor } from "./image-format.ts";

export interface DecodedPair {
  readonly image: DecodedImage;
  readonly mask: DecodedMask;
}

/** Fails with `bad_image`, or with `size_mismatch` in the words of Lama Cleaner. */
export async function decodePair(
  imageFile: Uint8Array,
  maskFile: Uint8Array,
): Promise<DecodedPair> {
  const [image, mask] = await Promise.all([decodeImage(imageFile, "image"), decodeMask(maskFile)]);
  if (image.width !== mask.width || image.height !== mask.height) {
    const sizes = [mask, image].map(({ width, height }) => `(${height}, ${width})`);
    const detail = `Mask shape${sizes[0]} not queal to Image shape${sizes[1]}`;
    throw new Failure("size_mismatch", detail);
  }
  return { image, mask };
}

/** A mask without a hole leaves the image as it is, and the model alone. */
export async function fillHoles(
  { image, mask }: DecodedPair,
  filler: Filler,
  options: InpaintOptions,
): Promise<Uint8Array> {
  const { width, height, rgb } = image;
  if (!mask.holes.includes(255)) return rgb;
  const filled = await inpaint(
    { width, height, channels: 3, data: rgb },
    { width, height, channels: 1, data: mask.holes },
    filler,
    options,
  );
  return filled.data;
}

/** Fails with `too_large`. */
export async function encodeRepaired(
  { image }: DecodedPair,
  rgb: Uint8Array,
  quality: number,
): Promise<WorkResult> {
  const { width, height } = image;
  const format = outputFormatFor(image.format);
  const bytes = await encodeImage({ ...image, rgb, format, quality });
  const contentType = contentTypeOf(format);
  return { files: [{ name: "image", contentType, bytes }], figures: { width, height, format } };
}
