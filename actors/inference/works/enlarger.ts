// Runs a network that makes pictures larger, such as Real-ESRGAN, over a picture of any size: in tiles, and
// continued beyond its right and lower edge by its mirror image, all of which is cut off again.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { runScope } from "../batching/run-scope.ts";
import { padded, type Size } from "../inpaint/padding.ts";
import { cropped, paste, type Raster } from "../inpaint/raster.ts";
import { normalisedPlanes, type PictureNetwork } from "./picture-network.ts";
import { reflected } from "./reflection.ts";
import { tilesOf } from "./tile-plan.ts";
import { type TrialData, trialPixels } from "./trial-pixels.ts";

const factorMax = 8;
/** Of what the network makes of one picture. More: `too_large`, by whoever asks. */
export const networkPixelsMax = 2 * limits.imagePixelsMax;

export interface Enlarger {
  /** How many times as large the network makes it. */
  readonly factor: number;
  /** RGB. Fails with `model_failed`. */
  enlarge(picture: Raster): Promise<Raster>;
}

export interface Tiling {
  /** Side of what is run at a time, where the network takes any size. */
  readonly tile?: number;
  /** Pixels of its neighbours that a tile is shown with. */
  readonly tileRim?: number;
}

/** Runs the network once to see how much larger it makes a picture. Fails with `model_failed`. */
export async function enlargerBy(
  network: PictureNetwork,
  { tile = 512, tileRim: rim = 10 }: Tiling = {},
): Promise<Enlarger> {
  const shown = network.size;
  const side = shown ? Math.min(shown.width, shown.height) - 2 * rim : tile;
  if (side < 1) {
    const detail = `it takes ${shown?.width} by ${shown?.height}, which leaves nothing within a rim of ${rim}`;
    throw new Failure("model_failed", `${detail}; set a smaller tileRim in config.json`);
  }
  const trial = await run(network, plainPicture(shown ?? { width: 64, height: 64 }));
  const factor = trial.width / (shown?.width ?? 64);
  if (!Number.isInteger(factor) || factor < 1 || factor > factorMax) {
    throw new Failure("model_failed", `it makes a picture ${factor} times as wide`);
  }
  return {
    factor,
    async enlarge(picture) {
      const result = blank({ width: picture.width * factor, height: picture.height * factor });
      const wide = continued(picture, factor);
      const tiles = tilesOf(wide, { side, rim }).filter(({ tile: { left, top } }) => {
        return left < picture.width && top < picture.height;
      });
      for (const [done, { tile: kept, window }] of tiles.entries()) {
        runScope.getStore()?.step?.({ done, of: tiles.length });
        const part = cropped(wide, window);
        const large = await run(network, shown ? padded(part, shown) : part, factor);
        const left = (kept.left - window.left) * factor;
        const top = (kept.top - window.top) * factor;
        const right = left + (Math.min(kept.right, picture.width) - kept.left) * factor;
        const bottom = top + (Math.min(kept.bottom, picture.height) - kept.top) * factor;
        const place = { left: kept.left * factor, top: kept.top * factor };
        paste(result, cropped(large, { left, top, right, bottom }), place);
      }
      return result;
    },
  };
}

/** Ten pixels more, and to a multiple of what networks of that factor begin with: a fold of their pixels. */
function continued(picture: Raster, factor: number): Raster {
  const more = 10;
  const [width, height] = [picture.width + more, picture.height + more];
  const fold = factor === 1 ? 4 : factor === 2 ? 2 : 1;
  const folded = (length: number) => Math.ceil(length / fold) * fold;
  const size = { width: folded(width), height: folded(height) };
  return reflected(reflected(picture, { width, height }), size);
}

const blank = ({ width, height }: Size): Raster => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(width * height * 3),
});

export const plainPicture = (size: Size, trial: TrialData = "grey"): Raster => ({
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

/**
 * Planes of 0 to 1 to a picture: clipped and rounded, halves to even, in single precision. Fails with
 * `model_failed`.
 */
function roundedPixels(planes: Float32Array): Uint8Array {
  const size = planes.length / 3;
  const pixels = new Uint8ClampedArray(planes.length);
  let sum = 0;
  for (let pixel = 0, to = 0; pixel < size; pixel++) {
    for (let plane = pixel; plane < planes.length; plane += size) {
      const value = planes[plane] ?? 0;
      sum += value;
      pixels[to++] = Math.fround(value * 255);
    }
  }
  if (!Number.isNaN(sum)) return new Uint8Array(pixels.buffer);
  throw new Failure("model_failed", "its output has values that are not numbers");
}
