// Faces made anew: an `image` to the `image` in its own format and size, by networks such as GFPGAN and
// RestoreFormer, which take one aligned face of 512 by 512 with samples of -1 to 1, and give the like.
//
//   model.onnx      the network for faces
//   detector.onnx   RetinaFace, which finds them; without it a picture of 512 by 512 is a face
import { access } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { unbatched } from "../batching/run-batcher.ts";
import { runScope } from "../batching/run-scope.ts";
import { type DecodedImage, decodeImage } from "../engine/decode.ts";
import { encodeImage } from "../engine/encode.ts";
import { contentTypeOf, outputFormatFor } from "../engine/image-format.ts";
import { loadNetwork } from "../engine/load-network.ts";
import type { Network } from "../engine/network.ts";
import { pixelsOfFloats } from "../fillers/pixel-planes.ts";
import type { Raster } from "../inpaint/raster.ts";
import { alignedFace, alignmentOf, faceSide, layFace } from "./face-alignment.ts";
import type { Face } from "./face-detection.ts";
import { type FindFaces, faceFinder } from "./face-finder.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import { loadPictureNetwork, normalisedPlanes, type PictureNetwork } from "./picture-network.ts";
import { trialPixels } from "./trial-pixels.ts";
import { fileIn, outputQualityIn } from "./work-input.ts";

/** Pixels between the eyes. Nearer: the face is too small to be made anew, and is left as it is. */
const eyeDistanceMin = 5;

interface Restorer {
  readonly network: PictureNetwork;
  /** Undefined: the whole picture is one. */
  readonly find: FindFaces | undefined;
}

export const loadFaceRestoration: LoadWork = async (folder, terms) => {
  const network = await loadPictureNetwork(folder, terms);
  let detector: Network | undefined;
  try {
    refuseOtherSize(network);
    const file = join(folder.place, "detector.onnx");
    const alone = { file, batching: unbatched };
    if (await isThere(file)) detector = await loadNetwork(folder, terms, alone);
    const find = detector && faceFinder(detector);
    const inputs = [...network.network.inputs, ...(detector?.inputs ?? [])];
    const outputs = [...network.network.outputs, ...(detector?.outputs ?? [])];
    return { work: restoringBy({ network, find }), signature: { inputs, outputs } };
  } catch (cause) {
    await network.network.close();
    await detector?.close();
    throw cause;
  }
};

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function refuseOtherSize({ size }: PictureNetwork): void {
  if (!size || (size.width === faceSide && size.height === faceSide)) return;
  const seen = `it takes ${size.width} by ${size.height}`;
  throw new Failure("model_failed", `${seen}; expected ${faceSide} by ${faceSide}`);
}

function restoringBy({ network, find }: Restorer): ModelWork {
  return inSteps({
    async warmUp(trial) {
      const data = trialPixels(faceSide * faceSide * 3, trial);
      const face: Raster = { width: faceSide, height: faceSide, channels: 3, data };
      await restored(network, face);
      await find?.(face);
    },
    async read(input) {
      const quality = outputQualityIn(input.parameters);
      const image = await decodeImage(fileIn(input, "image"), "image");
      if (!find) refuseOtherPicture(image);
      return { image, quality };
    },
    async run({ image: { width, height, rgb } }) {
      const picture: Raster = { width, height, channels: 3, data: rgb };
      if (!find) return { rgb: (await restored(network, picture)).data, faces: 1 };
      const faces = (await find(picture)).filter(isLarge);
      const result = { ...picture, data: rgb.slice() };
      for (const [done, { landmarks }] of faces.entries()) {
        runScope.getStore()?.step?.({ done, of: faces.length });
        const alignment = alignmentOf(landmarks);
        const face = await restored(network, alignedFace(picture, alignment));
        layFace(result, face, alignment);
      }
      return { rgb: result.data, faces: faces.length };
    },
    async write({ image, quality }, { rgb, faces }) {
      const { width, height, alpha, exif } = image;
      const format = outputFormatFor(image.format);
      const bytes = await encodeImage({ width, height, rgb, alpha, exif, format, quality });
      const file = { name: "image", contentType: contentTypeOf(format), bytes };
      return { files: [file], figures: { width, height, format, faces } };
    },
  });
}

function refuseOtherPicture({ width, height }: DecodedImage): void {
  if (width === faceSide && height === faceSide) return;
  const seen = `the image is ${width} by ${height}, and the model has no detector.onnx to find faces`;
  const remedy = `send one aligned face of ${faceSide} by ${faceSide}, or add a detector`;
  throw new Failure("invalid", `${seen}; ${remedy}`);
}

function isLarge({ landmarks: [left, right] }: Face): boolean {
  if (!left || !right) return false;
  return Math.hypot(right.x - left.x, right.y - left.y) >= eyeDistanceMin;
}

const aroundZero = { divisor: 127.5, means: [1, 1, 1], deviations: [1, 1, 1] };

/** Fails with `model_failed`. */
async function restored(network: PictureNetwork, face: Raster): Promise<Raster> {
  const { shape, data } = await network.run(normalisedPlanes(face, aroundZero), face);
  if (`${shape}` !== `1,3,${faceSide},${faceSide}`) {
    const wanted = `[1,3,${faceSide},${faceSide}]`;
    throw new Failure("model_failed", `its output is [${shape}]; expected ${wanted}`);
  }
  // Half a level more, as what follows drops fractions.
  const levels = data.map((value) => (Math.max(-1, Math.min(1, value)) + 1) * 127.5 + 0.5);
  return { ...face, data: pixelsOfFloats(levels, 255) };
}
