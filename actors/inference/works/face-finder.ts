// Finds faces by a RetinaFace network, as its authors export it: blue first, less the means of its training;
// outputs told apart by how many numbers they have a box.
import { Failure } from "#protocols/failure.ts";
import type { Network, TensorValues } from "../engine/network.ts";
import { checkPort } from "../fillers/model-form.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { type Face, type FaceTensors, facesIn, priorsOf } from "./face-detection.ts";
import { smoothlyResized } from "./smooth-resize.ts";

/** The longer side of what a network is shown that takes any size; both are multiples of 32. */
const shownSideMax = 1_024;
const multiple = 32;
/** Blue, green, red. */
const means = [104, 117, 123] as const;

/** Faces in the picture's own pixels, the likeliest first. */
export type FindFaces = (picture: Raster) => Promise<readonly Face[]>;

/** Fails with `model_failed` when the network takes no picture. */
export function faceFinder(network: Network): FindFaces {
  const [input, ...others] = network.inputs;
  if (!input || others.length > 0) {
    throw new Failure("model_failed", "detector.onnx takes something beside a picture");
  }
  const fixed = checkPort("input", input, { type: "float32", channels: 3 });
  return async (picture) => {
    const { shown, frame } = shownAs(picture, fixed);
    const data = planesOf(shown, frame);
    const shape = [1, 3, frame.height, frame.width];
    const answer = await network.run({ [input.name]: { type: "float32", shape, data } });
    const priors = priorsOf(frame);
    const faces = facesIn(tensorsIn(answer, priors.length), priors);
    return faces.map((face) => enlarged(face, picture.width / shown.width));
  };
}

function shownAs(
  picture: Raster,
  fixed: Size | undefined,
): { readonly shown: Raster; readonly frame: Size } {
  const most = fixed ?? { width: shownSideMax, height: shownSideMax };
  const fitting = Math.min(most.width / picture.width, most.height / picture.height);
  const scale = fixed ? fitting : Math.min(1, fitting);
  const scaled = (length: number) => Math.max(1, Math.round(length * scale));
  const size = { width: scaled(picture.width), height: scaled(picture.height) };
  const rounded = (length: number) => Math.ceil(length / multiple) * multiple;
  const frame = fixed ?? { width: rounded(size.width), height: rounded(size.height) };
  return { shown: smoothlyResized(picture, size, "linear"), frame };
}

/** In the upper left of the frame, with zeros beside. */
function planesOf({ width, height, data }: Raster, frame: Size): Float32Array {
  const planes = new Float32Array(3 * frame.width * frame.height);
  for (const [plane, mean] of means.entries()) {
    for (let y = 0; y < height; y++) {
      const to = (plane * frame.height + y) * frame.width;
      for (let x = 0; x < width; x++) {
        planes[to + x] = (data[(y * width + x) * 3 + 2 - plane] ?? 0) - mean;
      }
    }
  }
  return planes;
}

function tensorsIn(answer: TensorValues, count: number): FaceTensors {
  const of = (numbers: number): Float32Array => {
    const found = Object.values(answer).find(
      ({ shape, data }) => shape.at(-1) === numbers && data.length === count * numbers,
    );
    if (found?.data instanceof Float32Array) return found.data;
    const detail = `detector.onnx has no float32 output [1,${count},${numbers}]`;
    throw new Failure("model_failed", `${detail}; expected a RetinaFace network`);
  };
  return { places: of(4), scores: of(2), landmarks: of(10) };
}

const enlarged = (face: Face, scale: number): Face => ({
  score: face.score,
  ...{ left: face.left * scale, top: face.top * scale },
  ...{ right: face.right * scale, bottom: face.bottom * scale },
  landmarks: face.landmarks.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
});
