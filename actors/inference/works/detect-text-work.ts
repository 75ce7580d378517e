// Detection of text: an `image` to its `mask`, white where text stands, and the `boxes` around it as JSON.
import { textDetectionKeys, textDetectionOf } from "#protocols/tasks/text-detection.ts";
import { decodeImage } from "../engine/decode.ts";
import { loadNetwork } from "../engine/load-network.ts";
import { maskFile } from "../engine/mask-file.ts";
import { resized } from "../engine/picture-size.ts";
import type { Raster } from "../inpaint/raster.ts";
import { type TextBox, textBoxes } from "../text/text-boxes.ts";
import { type TextDetector, textDetector } from "../text/text-detector.ts";
import { textMask } from "../text/text-mask.ts";
import { cornersOf } from "../text/turned-box.ts";
import { inSteps, type LoadWork, type ModelWork, type WorkResult } from "./model-work.ts";
import { trialPixels } from "./trial-pixels.ts";
import { fileIn } from "./work-input.ts";

export const loadTextDetection: LoadWork = async (folder, terms) => {
  const network = await loadNetwork(folder, terms);
  try {
    return { work: detectionBy(textDetector(network)), signature: network };
  } catch (cause) {
    await network.close();
    throw cause;
  }
};

const trialSide = 64;

const detectionBy = (detector: TextDetector): ModelWork =>
  inSteps({
    parameters: textDetectionKeys,
    async warmUp(trial) {
      const { width, height } = detector.sizeFor(
        { width: trialSide, height: trialSide },
        trialSide,
      );
      const data = trialPixels(width * height * 3, trial);
      await detector.look({ width, height, channels: 3, data });
    },
    async read(input) {
      const terms = textDetectionOf(input.parameters);
      const { width, height, rgb } = await decodeImage(fileIn(input, "image"), "image");
      const size = detector.sizeFor({ width, height }, terms.limitSide);
      const picture = await resized({ width, height, channels: 3, data: rgb }, size);
      return { terms, width, height, picture };
    },
    async run({ terms, width, height, picture }) {
      const boxes = textBoxes(await detector.look(picture), { width, height }, terms);
      return { boxes, mask: textMask(boxes, { width, height }, terms.dilation) };
    },
    write: (_, { boxes, mask }) => written(boxes, mask),
  });

async function written(boxes: readonly TextBox[], mask: Raster): Promise<WorkResult> {
  const { width, height } = mask;
  return {
    files: [
      { name: "mask", contentType: "image/png", bytes: await maskFile(mask) },
      {
        ...{ name: "boxes", contentType: "application/json" },
        bytes: Buffer.from(`${JSON.stringify({ width, height, boxes: boxes.map(told) })}\n`),
      },
    ],
    figures: { texts: boxes.length, covered: covered(mask), width, height },
  };
}

/** Corners clockwise from the upper left, in pixels; one may lie outside of the picture. */
const told = ({ box, score }: TextBox) => ({
  polygon: cornersOf(box).map(({ x, y }) => [rounded(x, 1), rounded(y, 1)]),
  score: rounded(score, 3),
});

/** The share of the picture that is white in the mask. */
function covered({ data }: Raster): number {
  let count = 0;
  for (const value of data) if (value !== 0) count += 1;
  return rounded(count / data.length, 4);
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
