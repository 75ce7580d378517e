// Makes a mask as large as its picture: the nearest pixel, so that black and white stay what they are.
// Both are taken upright, as the cluster takes them.
import sharp from "sharp";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

const options = { limitInputPixels: limits.imagePixelsMax } as const;

/** The mask as it is where it fits, else a PNG. Fails with `bad_image` for what is no picture. */
export async function fittedMask(image: Uint8Array, mask: Uint8Array): Promise<Uint8Array> {
  const [wanted, size] = [await uprightSize(image, "image"), await uprightSize(mask, "mask")];
  if (wanted.width === size.width && wanted.height === size.height) return mask;
  const { width, height } = wanted;
  return sharp(mask, options)
    .rotate()
    .resize({ width, height, fit: "fill", kernel: "nearest" })
    .png()
    .toBuffer()
    .catch((cause: unknown) => {
      throw unreadable("mask", cause);
    });
}

async function uprightSize(picture: Uint8Array, what: string): Promise<Size> {
  const { autoOrient } = await sharp(picture, options)
    .metadata()
    .catch((cause: unknown) => {
      throw unreadable(what, cause);
    });
  return autoOrient;
}

const unreadable = (what: string, cause: unknown): Failure => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Failure("bad_image", `the ${what} cannot be read: ${why}`, cause);
};
