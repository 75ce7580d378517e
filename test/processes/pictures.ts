// A photograph and a mask to send through a cluster.
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const photographs = fileURLToPath(new URL("../../examples/photographs/", import.meta.url));

export interface Picture {
  readonly image: Buffer;
  readonly mask: Buffer;
}

/** The bridge as a PNG of that width, and of its own height if none is given; and a mask with a disc and a line. */
export async function pictureOf(width: number, asHigh?: number): Promise<Picture> {
  const image = await sharp(`${photographs}bridge.jpg`).resize(width, asHigh).png().toBuffer();
  const { height } = await sharp(image).metadata();
  const mask = await sharp(
    Buffer.from(
      `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="black"/>
       <line x1="0" y1="${height / 3}" x2="${width}" y2="${height / 2}" stroke="white" stroke-width="6"/>
       <circle cx="${width / 2}" cy="${height / 2}" r="${height / 12}" fill="white"/></svg>`,
    ),
  )
    .removeAlpha()
    .png()
    .toBuffer();
  return { image, mask };
}

export function formOf({ image, mask }: Picture): FormData {
  const form = new FormData();
  form.set("image", new Blob([image], { type: "image/png" }), "photograph.png");
  form.set("mask", new Blob([mask], { type: "image/png" }), "mask.png");
  return form;
}
