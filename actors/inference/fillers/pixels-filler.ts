// Networks of bytes that take a picture as it lies in memory, the channels of a pixel side by side: nothing
// is converted on the way in or out. A run may keep what it is fed, so that is a copy.
import type { Network } from "../engine/network.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { PadRule } from "../inpaint/padding.ts";
import type { PixelsForm } from "./model-form.ts";
import { writeMask } from "./pixel-planes.ts";
import { byteValues } from "./tensor-answer.ts";

/** Where a mask's holes are its ones, it goes in as it is: such a network takes all above 0 for a hole. */
export function pixelsFiller(
  network: Network,
  { image: imageName, mask: maskName, output, hole }: PixelsForm,
  padding: PadRule,
): Filler {
  return {
    padding,
    async fill(image, mask) {
      const { width, height } = image;
      const holes = hole === 1 ? mask.data.slice() : new Uint8Array(width * height);
      if (hole === 0) writeMask(mask, { hole: 0, kept: 255 }, holes);
      const answer = await network.run({
        [imageName]: { type: "uint8", shape: [1, height, width, 3], data: image.data.slice() },
        [maskName]: { type: "uint8", shape: [1, height, width, 1], data: holes },
      });
      const size = { width, height };
      const data = byteValues(answer, { name: output, size, layout: "pixels" });
      return { ...size, channels: 3, data };
    },
    close: () => network.close(),
  };
}
