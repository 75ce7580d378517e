// Networks of bytes that do everything themselves: MI-GAN exported with its cropping, resizing and
// blending. Its mask is the other way round by default, 255 is kept and 0 a hole, and its answer is
// a whole picture. Its blending reaches a few pixels beyond the holes; those come back here, and the
// caller leaves them, as it keeps everything outside the holes.
import type { Network } from "../engine/network.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { PadRule } from "../inpaint/padding.ts";
import type { PipelineForm } from "./model-form.ts";
import { bytePlanes, pixelsOfBytes, writeMask } from "./pixel-planes.ts";
import { byteValues } from "./tensor-answer.ts";

export function pipelineFiller(
  network: Network,
  { image: imageName, mask: maskName, output, hole }: PipelineForm,
  padding: PadRule,
): Filler {
  return {
    padding,
    async fill(image, mask) {
      const { width, height } = image;
      const holes = new Uint8Array(width * height);
      writeMask(mask, { hole: 255 * hole, kept: 255 - 255 * hole }, holes);
      const answer = await network.run({
        [imageName]: { type: "uint8", shape: [1, 3, height, width], data: bytePlanes(image) },
        [maskName]: { type: "uint8", shape: [1, 1, height, width], data: holes },
      });
      const filled = byteValues(answer, { name: output, size: { width, height } });
      return { width, height, channels: 3, data: pixelsOfBytes(filled) };
    },
    close: () => network.close(),
  };
}
