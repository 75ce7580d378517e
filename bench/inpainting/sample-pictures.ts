// Three pictures of each photograph, at three scales and of different regions. Photographs count as they are
// with 1280 pixels on their longer side, whatever camera they come from.
//
//   whole   all of the photograph, 512 pixels wide      fine detail close to one pixel
//   left    a square of 512 from the left, as it is     the scaled photograph's own sharpness
//   right   a square from the right, halved             between the two
import sharp, { type Sharp } from "sharp";
import type { Photograph } from "./photographs.ts";
import type { Picture } from "./picture.ts";

export const views = ["whole", "left", "right"] as const;
export type View = (typeof views)[number];

const side = 512;
const longerSide = 1_280;

export async function samplePicture({ file }: Photograph, view: View): Promise<Picture> {
  const bounds = { width: longerSide, height: longerSide, fit: "inside" } as const;
  const scaled = sharp(file)
    .removeAlpha()
    .resize({ ...bounds, withoutEnlargement: true });
  const { data: pixels, info: size } = await rawOf(scaled);
  const { width, height, channels } = size;
  const image = sharp(pixels, { raw: { width, height, channels } });
  const { data, info } = await rawOf(viewed(image, view, size));
  return { width: info.width, height: info.height, data };
}

const rawOf = (image: Sharp) => image.raw().toBuffer({ resolveWithObject: true });

function viewed(image: Sharp, view: View, size: Pick<Picture, "width" | "height">) {
  switch (view) {
    case "whole":
      return image.resize({ width: side, withoutEnlargement: true });
    case "left":
      return image.extract({ left: 0, top: size.height - side, width: side, height: side });
    case "right": {
      const half = Math.floor(Math.min(size.height, 2 * side, size.width / 2) / 2);
      const cut = { left: size.width - 2 * half, top: 0, width: 2 * half, height: 2 * half };
      return image.extract(cut).resize({ width: half });
    }
    default:
      return view satisfies never;
  }
}
