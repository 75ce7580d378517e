// The pictures that inpainting is judged on: three of each sample photograph, at three scales and of
// different regions. The model's constants were chosen on photographs that are not held out; those that
// are show what they are worth elsewhere.
//
//   whole   all of the photograph, 512 pixels wide    fine detail close to one pixel
//   left    a square of 512 from the left, as it is   the camera's own sharpness
//   right   a square from the right, halved           between the two
import { fileURLToPath } from "node:url";
import sharp, { type Sharp } from "sharp";
import type { Picture } from "./picture.ts";

export const views = ["whole", "left", "right"] as const;
export type View = (typeof views)[number];

export const photographs = [
  { name: "bridge", isHeldOut: false },
  { name: "mountains", isHeldOut: true },
  { name: "seeding", isHeldOut: false },
  { name: "skyline", isHeldOut: false },
] as const;
export type Photograph = (typeof photographs)[number]["name"];

const side = 512;

export async function samplePicture(photograph: Photograph, view: View): Promise<Picture> {
  const file = new URL(`../../examples/photographs/${photograph}.jpg`, import.meta.url);
  const image = sharp(fileURLToPath(file)).removeAlpha();
  const { width, height } = await image.metadata();
  const { data, info } = await viewed(image, view, { width, height })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

function viewed(image: Sharp, view: View, size: Pick<Picture, "width" | "height">) {
  switch (view) {
    case "whole":
      return image.resize({ width: side, withoutEnlargement: true });
    case "left":
      return image.extract({ left: 0, top: size.height - side, width: side, height: side });
    case "right": {
      const square = Math.min(size.height, 2 * side, size.width / 2);
      const cut = { left: size.width - square, top: 0, width: square, height: square };
      return image.extract(cut).resize({ width: square / 2 });
    }
    default:
      return view satisfies never;
  }
}
