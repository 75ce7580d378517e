// Repairs one image: read both files, fill the holes, write the file. In two steps, so that the
// files of the next request can be read while a model runs.
import { Failure } from "#protocols/failure.ts";
import type { EngineRepair, RepairFigures } from "../engine-messages.ts";
import type { Filler } from "../inpaint/filler.ts";
import { inpaint } from "../inpaint/inpaint.ts";
import { type DecodedImage, type DecodedMask, decodeImage, decodeMask } from "./decode.ts";
import { encodeImage } from "./encode.ts";
import { contentTypeOf, type OutputFormat, outputFormatFor } from "./image-format.ts";

export interface DecodedPair {
  readonly image: DecodedImage;
  readonly mask: DecodedMask;
  readonly decodeMs: number;
}

export interface FilledImage {
  readonly rgb: Uint8Array;
  readonly inferMs: number;
}

export interface RepairedImage {
  readonly file: Uint8Array;
  readonly format: OutputFormat;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly figures: RepairFigures;
}

/** Fails with `bad_image`, or with `size_mismatch` in the words of Lama Cleaner. */
export async function decodePair(
  imageFile: Uint8Array,
  maskFile: Uint8Array,
): Promise<DecodedPair> {
  const startedAt = performance.now();
  const [image, mask] = await Promise.all([decodeImage(imageFile, "image"), decodeMask(maskFile)]);
  if (image.width !== mask.width || image.height !== mask.height) {
    const sizes = [mask, image].map(({ width, height }) => `(${height}, ${width})`);
    const detail = `Mask shape${sizes[0]} not queal to Image shape${sizes[1]}`;
    throw new Failure("size_mismatch", detail);
  }
  return { image, mask, decodeMs: performance.now() - startedAt };
}

/** A mask without a hole leaves the image as it is, and the model alone. */
export async function fillHoles(
  { image, mask }: DecodedPair,
  filler: Filler,
  options: EngineRepair["options"],
): Promise<FilledImage> {
  const { width, height, rgb } = image;
  if (!mask.holes.includes(255)) return { rgb, inferMs: 0 };
  const startedAt = performance.now();
  const filled = await inpaint(
    { width, height, channels: 3, data: rgb },
    { width, height, channels: 1, data: mask.holes },
    filler,
    options,
  );
  return { rgb: filled.data, inferMs: performance.now() - startedAt };
}

/** Fails with `too_large`. */
export async function encodeRepaired(
  pair: DecodedPair,
  filled: FilledImage,
  quality: number,
): Promise<RepairedImage> {
  const startedAt = performance.now();
  const { width, height, alpha, exif } = pair.image;
  const format = outputFormatFor(pair.image.format);
  const { rgb, inferMs } = filled;
  const file = await encodeImage({ width, height, rgb, alpha, exif, format, quality });
  const figures = { decodeMs: pair.decodeMs, inferMs, encodeMs: performance.now() - startedAt };
  return { file, format, contentType: contentTypeOf(format), width, height, figures };
}
