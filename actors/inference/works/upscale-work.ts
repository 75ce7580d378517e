// Enlarging: an `image` and the parameter `upscale` to the `image` so many times as large, in its own format,
// by networks such as Real-ESRGAN that make pixels of 0 to 1 two or four times as many each way. What
// was asked for is made of that by Lanczos. Alpha is enlarged linearly.
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { runScope } from "../batching/run-scope.ts";
import { type DecodedImage, decodeImage } from "../engine/decode.ts";
import { encodeImage } from "../engine/encode.ts";
import { contentTypeOf, outputFormatFor } from "../engine/image-format.ts";
import { padded, type Size } from "../inpaint/padding.ts";
import { cropped, paste, type Raster } from "../inpaint/raster.ts";
import { linearByteResized } from "./linear-byte-resize.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import { loadPictureNetwork, normalisedPlanes, type PictureNetwork } from "./picture-network.ts";
import { smoothlyResized } from "./smooth-resize.ts";
import { tilesOf } from "./tile-plan.ts";
import { type TrialData, trialPixels } from "./trial-pixels.ts";
import { configIn } from "./work-config.ts";
import { fileIn, numberIn, outputQualityIn } from "./work-input.ts";
import { UpscaleConfig } from "./work-keys.ts";

const configCheck = Compile(UpscaleConfig);
const [tileDefault, rimDefault] = [512, 10];

const upscaleMax = 8;
const factorMax = 8;
/** Of what the network makes, before it is brought to what was asked for. More: `too_large`. */
const networkPixelsMax = 2 * limits.imagePixelsMax;

interface Enlarger {
  /** How many times as large the network makes it. */
  readonly factor: number;
  enlarge(picture: Raster): Promise<Raster>;
}

export const loadUpscaling: LoadWork = async (folder, terms) => {
  const config = configIn(folder, configCheck);
  const network = await loadPictureNetwork(folder, terms);
  try {
    return { work: upscalingBy(await enlarger(network, config)), signature: network.network };
  } catch (cause) {
    await network.network.close();
    throw cause;
  }
};

/** Runs the network once to see how much larger it makes a picture. Fails with `model_failed`. */
async function enlarger(
  network: PictureNetwork,
  { tile = tileDefault, tileRim: rim = rimDefault }: UpscaleConfig,
): Promise<Enlarger> {
  const shown = network.size;
  const inner = shown ? Math.min(shown.width, shown.height) - 2 * rim : tile;
  if (inner < 1) {
    const detail = `it takes ${shown?.width} by ${shown?.height}, which leaves nothing within a rim of ${rim}`;
    throw new Failure("model_failed", `${detail}; set a smaller tileRim in config.json`);
  }
  const trial = await run(network, plain(shown ?? { width: 64, height: 64 }));
  const factor = trial.width / (shown?.width ?? 64);
  if (!Number.isInteger(factor) || factor < 1 || factor > factorMax) {
    throw new Failure("model_failed", `it makes a picture ${factor} times as wide`);
  }
  return {
    factor,
    async enlarge(picture) {
      const [width, height] = [picture.width * factor, picture.height * factor];
      const data = new Uint8Array(width * height * 3);
      const result: Raster = { width, height, channels: 3, data };
      const tiles = [...tilesOf(picture, { side: inner, rim })];
      for (const [done, { tile: kept, window }] of tiles.entries()) {
        runScope.getStore()?.step?.({ done, of: tiles.length });
        const part = cropped(picture, window);
        const large = await run(network, shown ? padded(part, shown) : part, factor);
        const left = (kept.left - window.left) * factor;
        const top = (kept.top - window.top) * factor;
        const right = left + (kept.right - kept.left) * factor;
        const bottom = top + (kept.bottom - kept.top) * factor;
        const place = { left: kept.left * factor, top: kept.top * factor };
        paste(result, cropped(large, { left, top, right, bottom }), place);
      }
      return result;
    },
  };
}

const plain = (size: Size, trial: TrialData = "grey"): Raster => ({
  ...{ ...size, channels: 3 },
  data: trialPixels(size.width * size.height * 3, trial),
});

const asUnits = { divisor: 255, means: [0, 0, 0], deviations: [1, 1, 1] };

/** Fails with `model_failed` when the answer is no picture, or not `factor` times as large. */
async function run(network: PictureNetwork, part: Raster, factor?: number): Promise<Raster> {
  const { shape, data } = await network.run(normalisedPlanes(part, asUnits), part);
  const [batch, channels, height = 0, width = 0] = shape;
  const isPicture = shape.length === 4 && batch === 1 && channels === 3;
  const isLarger =
    factor === undefined || (width === factor * part.width && height === factor * part.height);
  if (!isPicture || !isLarger || data.length !== 3 * width * height) {
    const wanted =
      factor === undefined ? "height,width" : `${part.height * factor},${part.width * factor}`;
    throw new Failure("model_failed", `its output is [${shape}]; expected [1,3,${wanted}]`);
  }
  return { width, height, channels: 3, data: roundedPixels(data) };
}

/** Planes of 0 to 1 to a picture: clipped and rounded. Fails with `model_failed`. */
function roundedPixels(planes: Float32Array): Uint8Array {
  const size = planes.length / 3;
  const pixels = new Uint8Array(planes.length);
  let sum = 0;
  for (let pixel = 0, to = 0; pixel < size; pixel++) {
    for (let plane = pixel; plane < planes.length; plane += size) {
      const value = planes[plane] ?? 0;
      sum += value;
      pixels[to++] = Math.max(0, Math.min(255, Math.round(value * 255)));
    }
  }
  if (!Number.isNaN(sum)) return pixels;
  throw new Failure("model_failed", "its output has values that are not numbers");
}

const upscalingBy = ({ factor, enlarge }: Enlarger): ModelWork =>
  inSteps({
    async warmUp(trial) {
      await enlarge(plain({ width: 32, height: 32 }, trial));
    },
    async read(input) {
      const { parameters } = input;
      const upscale = numberIn(parameters, "upscale", { min: 1, max: upscaleMax });
      const quality = outputQualityIn(parameters);
      const image = await decodeImage(fileIn(input, "image"), "image");
      const size = {
        width: Math.floor(image.width * upscale),
        height: Math.floor(image.height * upscale),
      };
      refuseTooLarge(image, { size, factor });
      return { image, size, quality };
    },
    async run({ image: { width, height, rgb, alpha }, size }) {
      const large = await enlarge({ width, height, channels: 3, data: rgb });
      const sized = smoothlyResized(large, size, "lanczos3").data;
      if (!alpha) return { rgb: sized, alpha };
      const plane: Raster = { width, height, channels: 1, data: alpha };
      return { rgb: sized, alpha: linearByteResized(plane, size).data };
    },
    async write({ image, size, quality }, pixels) {
      const format = outputFormatFor(image.format);
      const { exif } = image;
      const bytes = await encodeImage({ ...size, ...pixels, exif, format, quality });
      const file = { name: "image", contentType: contentTypeOf(format), bytes };
      return { files: [file], figures: { ...size, format, factor } };
    },
  });

function refuseTooLarge(
  { width, height }: DecodedImage,
  { size, factor }: { readonly size: Size; readonly factor: number },
): void {
  const wanted = size.width * size.height;
  const made = width * factor * height * factor;
  if (wanted <= limits.imagePixelsMax && made <= networkPixelsMax) return;
  const seen = `${width} by ${height} would become ${size.width} by ${size.height}`;
  const most = `${limits.imagePixelsMax} pixels are allowed, ${networkPixelsMax} of the network's own`;
  throw new Failure(
    "too_large",
    `${seen}, by way of ${made} pixels; ${most}: send a smaller image`,
  );
}
