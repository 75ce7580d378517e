// Networks with one input of four channels: the picture with its holes blanked, and the mask.
import type { Network } from "../engine/network.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { PadRule } from "../inpaint/padding.ts";
import type { FourChannelForm, Light } from "./model-form.ts";
import { pixelsOfFloats, writeMask, writeUnitPlanes } from "./pixel-planes.ts";
import { floatPlanes } from "./tensor-answer.ts";

export function fourChannelFiller(
  network: Network,
  { input, output }: FourChannelForm,
  { padding, light }: { readonly padding: PadRule; readonly light: Light },
): Filler {
  return {
    padding,
    async fill(image, mask) {
      const { width, height } = image;
      const size = width * height;
      const planes = new Float32Array(4 * size);
      writeUnitPlanes(image, planes);
      const holes = planes.subarray(3 * size);
      writeMask(mask, { hole: 1, kept: 0 }, holes);
      blank(planes, size);
      const answer = await network.run({
        [input]: { type: "float32", shape: [1, 4, height, width], data: planes },
      });
      const filled = floatPlanes(answer, { name: output, size: { width, height } });
      return { width, height, channels: 3, data: pixelsOfFloats(filled, light) };
    },
    close: () => network.close(),
  };
}

/** Zeroes the first three planes where the fourth has a hole. */
function blank(planes: Float32Array, size: number): void {
  for (let pixel = 0; pixel < size; pixel++) {
    if (planes[3 * size + pixel] === 0) continue;
    planes[pixel] = 0;
    planes[pixel + size] = 0;
    planes[pixel + 2 * size] = 0;
  }
}
