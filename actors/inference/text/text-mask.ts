// Pure. The mask that covers text: white in the boxes and somewhat around them.
import type { Raster } from "../inpaint/raster.ts";
import { type Size, visitSpans } from "./polygon-spans.ts";
import { shorterSide, type TextBox } from "./text-boxes.ts";
import { cornersOf, grown } from "./turned-box.ts";

/** `dilation`: how far it reaches beyond a box, as a share of the box's shorter side. */
export function textMask(
  boxes: readonly TextBox[],
  { width, height }: Size,
  dilation: number,
): Raster {
  const data = new Uint8Array(width * height);
  for (const { box } of boxes) {
    const covering = grown(box, shorterSide(box) * dilation);
    visitSpans(cornersOf(covering), { width, height }, (y, from, to) => {
      data.fill(255, y * width + from, y * width + to);
    });
  }
  return { width, height, channels: 1, data };
}
