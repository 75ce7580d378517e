// A comparison as an animated GIF: an `image` and a file `clean` of what was made of it to an animation
// that wipes from one to the other. There is no model behind it.
import { Failure } from "#protocols/failure.ts";
import { encodeGif } from "../engine/animation.ts";
import { type DecodedImage, decodeImage } from "../engine/decode.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { inSteps, type LoadWork } from "./model-work.ts";
import { smoothlyResized } from "./smooth-resize.ts";
import { frameCount, frameDelayMs, wipedFrames } from "./wipe-frames.ts";
import { fileIn } from "./work-input.ts";

/** Of the longer side, whatever the image has. */
const sideLength = 600;

export const loadGifMaking: LoadWork = async ({ settings, configFile }) => {
  if (settings.backend !== "built-in") {
    throw new Failure("invalid", `${configFile}: /backend must be built-in for kind make-gif`);
  }
  return { work: gifMaking(), signature: { inputs: [], outputs: [] } };
};

const gifMaking = () =>
  inSteps({
    parameters: [],
    warmUp: async () => undefined,
    async read(input) {
      const [before, after] = await Promise.all([
        decodeImage(fileIn(input, "image"), "image"),
        decodeImage(fileIn(input, "clean"), "clean image"),
      ]);
      return { before, after, size: fittedSize(before) };
    },
    async run({ before, after, size }) {
      // In two steps, as the original: one would smooth otherwise.
      const alike = resized(rasterOf(after), before);
      return wipedFrames(resized(rasterOf(before), size), resized(alike, size));
    },
    async write({ size: { width, height } }, data) {
      const bytes = await encodeGif({ width, height, frameCount, data, delayMs: frameDelayMs });
      const file = { name: "image", contentType: "image/gif", bytes };
      return { files: [file], figures: { width, height, format: "gif", frames: frameCount } };
    },
  });

/** Its longer side becomes `sideLength`; fractions of the other one are dropped. */
function fittedSize({ width, height }: Size): Size {
  const other = (length: number, longer: number): number =>
    Math.max(1, Math.floor((length * sideLength) / longer));
  return width > height
    ? { width: sideLength, height: other(height, width) }
    : { width: other(width, height), height: sideLength };
}

const rasterOf = ({ width, height, rgb }: DecodedImage): Raster => ({
  ...{ width, height, channels: 3 },
  data: rgb,
});

const resized = (raster: Raster, { width, height }: Size): Raster =>
  smoothlyResized(raster, { width, height }, "linear");
