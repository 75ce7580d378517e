// Pure but for the filler it is handed. Tries a filler with a picture of one shade of grey, or of
// what warms a model, and a hole in its upper left quarter.
import type { Filler } from "../inpaint/filler.ts";
import { paddedSize } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { type TrialData, trialPixels } from "../works/trial-pixels.ts";

/** Large enough for networks that halve their picture a few times. */
const sideMin = 64;

/** What the filler makes of it. Fails as `fill` does. */
export function tryFiller(filler: Filler, shown: number | TrialData): Promise<Raster> {
  const size = paddedSize({ width: sideMin, height: sideMin }, filler.padding);
  const { width, height } = size;
  const count = width * height * 3;
  const image =
    typeof shown === "number" ? new Uint8Array(count).fill(shown) : trialPixels(count, shown);
  const mask = new Uint8Array(width * height);
  for (let y = Math.floor(height / 4); y < Math.ceil(height / 2); y++) {
    mask.fill(255, y * width + Math.floor(width / 4), y * width + Math.ceil(width / 2));
  }
  return filler.fill(
    { ...size, channels: 3, data: image },
    { ...size, channels: 1, data: mask },
    {},
  );
}

/** Fills a small picture, so that the first request does not pay for it. Fails with `model_failed`. */
export async function warmUp(filler: Filler, data: TrialData): Promise<void> {
  await tryFiller(filler, data);
}
