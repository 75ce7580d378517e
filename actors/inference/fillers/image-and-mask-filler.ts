// Networks that take a picture and a mask of floats: LaMa as most export it. The picture goes in as
// it is; what the network makes of the mask is its own affair.
import type { Network } from "../engine/network.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { PadRule } from "../inpaint/padding.ts";
import type { ImageAndMaskForm, Light } from "./model-form.ts";
import { pixelsOfFloats, writeMask, writeUnitPlanes } from "./pixel-planes.ts";
import { floatPlanes } from "./tensor-answer.ts";

export function imageAndMaskFiller(
  network: Network,
  { image: imageName, mask: maskName, output, hole }: ImageAndMaskForm,
  { padding, light }: { readonly padding: PadRule; readonly light: Light },
): Filler {
  return {
    padding,
    async fill(image, mask) {
      const { width, height } = image;
      const planes = new Float32Array(3 * width * height);
      writeUnitPlanes(image, planes);
      const holes = new Float32Array(width * height);
      writeMask(mask, { hole, kept: 1 - hole }, holes);
      const answer = await network.run({
        [imageName]: { type: "float32", shape: [1, 3, height, width], data: planes },
        [maskName]: { type: "float32", shape: [1, 1, height, width], data: holes },
      });
      const filled = floatPlanes(answer, { name: output, size: { width, height } });
      return { width, height, channels: 3, data: pixelsOfFloats(filled, light) };
    },
    close: () => network.close(),
  };
}
