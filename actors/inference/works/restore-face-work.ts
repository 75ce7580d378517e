// Faces made anew: an `image` to the `image` in its own format and size, by networks such as GFPGAN and
// RestoreFormer, which take one aligned face of 512 by 512 with samples of -1 to 1, and give the like.
//
//   model.onnx        the network for faces
//   detector.onnx     RetinaFace, which finds them; without it a picture of 512 by 512 is a face
//   parser.onnx       ParseNet, which says what of a face is laid back; without it all but a soft edge
//   background.onnx   Real-ESRGAN, through which everything else goes; without it that stays bit by bit
import { access } from "node:fs/promises";
import { join } from "node:path";
import { Compile } from "typebox/compile";
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
import { type Enlarger, enlargerBy, networkPixelsMax, plainPicture } from "./enlarger.ts";
import { alignedFace, alignmentOf, type FaceMask, faceSide, layFace } from "./face-alignment.ts";
import type { Face } from "./face-detection.ts";
import { type FindFaces, faceFinder } from "./face-finder.ts";
import { parsedMask, squareMask } from "./face-mask.ts";
import { lanczosByteResized } from "./lanczos-byte-resize.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import { normalisedPlanes, type PictureNetwork, pictureNetwork } from "./picture-network.ts";
import { trialPixels } from "./trial-pixels.ts";
import { configIn } from "./work-config.ts";
import { fileIn, outputQualityIn } from "./work-input.ts";
import { FaceConfig } from "./work-keys.ts";

const configCheck = Compile(FaceConfig);
const weightDefault = 0.5;

/** Pixels between the eyes. Nearer: the face is too small to be made anew, and is left as it is. */
const eyeDistanceMin = 5;

interface Restorer {
  readonly network: PictureNetwork;
  /** Undefined: the whole picture is one. */
  readonly find: FindFaces | undefined;
  /** Of a face that was made anew. */
  readonly maskOf: (face: Raster) => Promise<FaceMask>;
  readonly background: Enlarger | undefined;
}

export const loadFaceRestoration: LoadWork = async (folder, terms) => {
  const { weight = weightDefault } = configIn(folder, configCheck);
  const opened: Network[] = [];
  const open = async (...part: Parameters<typeof loadNetwork>): Promise<Network> => {
    const network = await loadNetwork(...part);
    opened.push(network);
    return network;
  };
  const beside = async (name: string): Promise<Network | undefined> => {
    const file = join(folder.place, name);
    return (await isThere(file)) ? open(folder, terms, { file, batching: unbatched }) : undefined;
  };
  try {
    const network = ofFaces(pictureNetwork(await open(folder, terms), { weight }));
    const detector = await beside("detector.onnx");
    const parser = await beside("parser.onnx");
    const background = await beside("background.onnx");
    if (!detector) refuseUnused({ "parser.onnx": parser, "background.onnx": background });
    const restorer = {
      ...{ network, find: detector && faceFinder(detector), maskOf: maskingBy(parser) },
      background: background && (await enlargerBy(pictureNetwork(background))),
    };
    const inputs = opened.flatMap((one) => one.inputs);
    const outputs = opened.flatMap((one) => one.outputs);
    return { work: restoringBy(restorer), signature: { inputs, outputs } };
  } catch (cause) {
    for (const network of opened) await network.close();
    throw cause;
  }
};

/** An aligned face is answered whole: there is nothing to lay it into. */
function refuseUnused(networks: Readonly<Record<string, Network | undefined>>): void {
  const found = Object.entries(networks).find(([, network]) => network !== undefined);
  if (!found) return;
  const detail = `there is ${found[0]}, but no detector.onnx to find faces in a picture`;
  throw new Failure("model_failed", `${detail}; add one, or remove ${found[0]}`);
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Fails with `model_failed`, unless it takes a picture of an aligned face's size. */
function ofFaces(network: PictureNetwork): PictureNetwork {
  const { size } = network;
  if (!size || (size.width === faceSide && size.height === faceSide)) return network;
  const seen = `it takes ${size.width} by ${size.height}`;
  throw new Failure("model_failed", `${seen}; expected ${faceSide} by ${faceSide}`);
}

function maskingBy(parser: Network | undefined): Restorer["maskOf"] {
  if (!parser) {
    const square = squareMask();
    return async () => square;
  }
  const network = ofFaces(pictureNetwork(parser));
  return async (face) => parsedMask(await network.run(normalisedPlanes(face, aroundZero), face));
}

function restoringBy({ network, find, maskOf, background }: Restorer): ModelWork {
  return inSteps({
    parameters: ["outputQuality"],
    async warmUp(trial) {
      const data = trialPixels(faceSide * faceSide * 3, trial);
      const face: Raster = { width: faceSide, height: faceSide, channels: 3, data };
      await maskOf(await restored(network, face));
      await find?.(face);
      await background?.enlarge(plainPicture({ width: 32, height: 32 }, trial));
    },
    async read(input) {
      const quality = outputQualityIn(input.parameters);
      const image = await decodeImage(fileIn(input, "image"), "image");
      if (!find) refuseOtherPicture(image);
      if (background) refuseTooLarge(image, background);
      return { image, quality };
    },
    async run({ image: { width, height, rgb } }) {
      const picture: Raster = { width, height, channels: 3, data: rgb };
      if (!find) return { rgb: (await restored(network, picture)).data, faces: 1 };
      const faces = (await find(picture)).filter(isLarge);
      const result = await surroundings(picture, background);
      for (const [done, { landmarks }] of faces.entries()) {
        runScope.getStore()?.step?.({ done, of: faces.length });
        const alignment = alignmentOf(landmarks);
        const face = await restored(network, alignedFace(picture, alignment));
        layFace(result, { face, mask: await maskOf(face), alignment });
      }
      return { rgb: result.data, faces: faces.length };
    },
    async write({ image, quality }, { rgb, faces }) {
      const { width, height } = image;
      const format = outputFormatFor(image.format);
      const bytes = await encodeImage({ ...image, rgb, format, quality });
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

function refuseTooLarge({ width, height }: DecodedImage, { factor }: Enlarger): void {
  const made = width * factor * height * factor;
  if (made <= networkPixelsMax) return;
  const seen = `${width} by ${height} would become ${made} pixels by background.onnx`;
  throw new Failure("too_large", `${seen}; ${networkPixelsMax} are allowed: send a smaller image`);
}

/** What faces are laid into, a copy: the picture, enlarged and brought back, or as it is. */
async function surroundings(picture: Raster, background: Enlarger | undefined): Promise<Raster> {
  if (!background) return { ...picture, data: picture.data.slice() };
  return lanczosByteResized(await background.enlarge(picture), picture);
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
