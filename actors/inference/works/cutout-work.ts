// Pictures without their background: an `image` to an `image` in PNG whose alpha says what stays, by networks
// of one picture in and one plane out. How the picture is brought to the network's size differs:
//
//   remove-background   stretched to it by Lanczos; the answer is stretched to 0 to 255     rembg
//   anime-segment       in the middle of it, with black beside; the answer is 0 to 1        isnetis
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { decodeImage } from "../engine/decode.ts";
import { encodeImage } from "../engine/encode.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { RunThreads } from "../engine/run-threads.ts";
import type { Raster } from "../inpaint/raster.ts";
import { applySigmoid, premultiplied, stretchedToBytes, unitsToBytes } from "./cutout.ts";
import { boxIn, letterboxed, planeUnder } from "./letterbox.ts";
import { linearlyResized } from "./linear-resize.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import {
  firstPlane,
  loadPictureNetwork,
  normalisedPlanes,
  type PictureNetwork,
} from "./picture-network.ts";
import { smoothlyResized } from "./smooth-resize.ts";
import { configIn } from "./work-config.ts";
import { fileIn } from "./work-input.ts";

const Three = Type.Tuple([Type.Number(), Type.Number(), Type.Number()]);
const Deviation = Type.Number({ exclusiveMinimum: 0 });

const CutoutConfig = Type.Object({
  /** Of a network that takes any size. */
  side: Type.Optional(Type.Integer({ minimum: 32, maximum: 4_096 })),
  /** Of red, green and blue, after they were brought to 0 to 1. */
  means: Type.Optional(Three),
  deviations: Type.Optional(Type.Tuple([Deviation, Deviation, Deviation])),
  /** The network answers with what a sigmoid is still to be taken of. */
  hasLogits: Type.Optional(Type.Boolean()),
  channelOrder: Type.Optional(Type.Union([Type.Literal("rgb"), Type.Literal("bgr")])),
});
type CutoutConfig = Static<typeof CutoutConfig>;
const configCheck = Compile(CutoutConfig);

/** How much of each pixel stays, 0 to 255. */
type Judge = (picture: Raster) => Promise<Uint8Array>;

export const loadBackgroundRemoval: LoadWork = (folder, threads) =>
  loadCutout(folder, threads, (network, config) => stretching(network, config));

export const loadAnimeSegmentation: LoadWork = (folder, threads) =>
  loadCutout(folder, threads, (network, config) => letterboxing(network, config));

async function loadCutout(
  folder: ModelFolder,
  threads: RunThreads,
  judging: (network: PictureNetwork, config: CutoutConfig) => Judge,
): ReturnType<LoadWork> {
  const config = configIn(folder, configCheck);
  const network = await loadPictureNetwork(folder, { threads });
  return { work: cuttingOut(judging(network, config)), signature: network.network };
}

/** As rembg does it; the numbers are those of U²-Net. */
const stretching = (network: PictureNetwork, config: CutoutConfig): Judge => {
  const { side = 320, means = [0.485, 0.456, 0.406], deviations = [0.229, 0.224, 0.225] } = config;
  const size = network.size ?? { width: side, height: side };
  return async (picture) => {
    const small = ordered(smoothlyResized(picture, size, "lanczos3"), config);
    const divisor = small.data.reduce((most, sample) => Math.max(most, sample), 1e-6);
    const planes = normalisedPlanes(small, { divisor, means, deviations });
    const plane = firstPlane(await network.run(planes, size));
    if (config.hasLogits) applySigmoid(plane.data);
    const kept = { ...plane, channels: 1, data: stretchedToBytes(plane.data) } as const;
    return smoothlyResized(kept, picture, "lanczos3").data;
  };
};

const letterboxing = (network: PictureNetwork, config: CutoutConfig): Judge => {
  const { side = 1_024, means = [0, 0, 0], deviations = [1, 1, 1] } = config;
  const size = network.size ?? { width: side, height: side };
  return async (picture) => {
    const box = boxIn(picture, size);
    const framed = ordered(letterboxed(picture, box, size), config);
    const planes = normalisedPlanes(framed, { divisor: 255, means, deviations });
    const plane = firstPlane(await network.run(planes, size));
    if (plane.width !== size.width || plane.height !== size.height) {
      const seen = `its output is ${plane.width} by ${plane.height}`;
      throw new Failure("model_failed", `${seen}; expected ${size.width} by ${size.height}`);
    }
    if (config.hasLogits) applySigmoid(plane.data);
    return unitsToBytes(linearlyResized(planeUnder(plane, box), picture).data);
  };
};

/** Blue first, where the network was taught so. */
function ordered(picture: Raster, { channelOrder }: CutoutConfig): Raster {
  if (channelOrder !== "bgr") return picture;
  const data = picture.data.slice();
  for (let at = 0; at < data.length; at += 3) {
    data[at] = picture.data[at + 2] ?? 0;
    data[at + 2] = picture.data[at] ?? 0;
  }
  return { ...picture, data };
}

const cuttingOut = (judge: Judge): ModelWork =>
  inSteps({
    async warmUp() {
      await judge({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(128) });
    },
    read: (input) => decodeImage(fileIn(input, "image"), "image"),
    run: ({ width, height, rgb }) => judge({ width, height, channels: 3, data: rgb }),
    async write({ width, height, rgb, exif }, alpha) {
      const format = "png";
      const colours = { rgb: premultiplied(rgb, alpha), alpha };
      const bytes = await encodeImage({ width, height, ...colours, exif, format, quality: 100 });
      const file = { name: "image", contentType: "image/png", bytes };
      return { files: [file], figures: { width, height, format } };
    },
  });
