// Pure but for the model it is handed. Fills the holes of a picture with a model that knows nothing
// of strategies, sizes or masks at the edge, in the way Lama Cleaner does (InpaintModel, model/base.py):
//
//   Original   the whole picture at once
//   Crop       a large picture: a window around each hole, each cut from the picture as it came
//   Resize     a large picture: shrunk to a limit, filled, enlarged again
//
// In all three what the model sees is padded to the sizes it can take, and every pixel outside the
// holes is the picture's own, bit by bit. One deviation: enlarging overshoots at edges; values
// beyond 0 to 255 are clamped, where the original lets them wrap around into speckles.
import { Failure } from "#protocols/failure.ts";
import { holeBoxes } from "./boxes.ts";
import { composed, fineComposed, keptOutside } from "./composition.ts";
import { cropWindow } from "./crop.ts";
import { cubicResized, fineCubicResized } from "./cubic-resize.ts";
import type { Filler, FillOptions } from "./filler.ts";
import { padded, paddedSize, type Size } from "./padding.ts";
import { checkRaster, cropped, paste, type Raster } from "./raster.ts";

export interface InpaintOptions extends FillOptions {
  readonly strategy: "Original" | "Crop" | "Resize";
  /** Crop: pixels of context on each side of a hole. */
  readonly cropMargin: number;
  /** Crop: pictures with a side above this are cropped; others are filled whole. */
  readonly cropTriggerSize: number;
  /** Resize: pictures with a side above this are shrunk until it is just that. */
  readonly resizeLimit: number;
  /** Crop: told before each window how many are done. Default: nobody is. */
  readonly step?: (steps: { readonly done: number; readonly of: number }) => void;
}

/**
 * A new picture with its holes filled: image of 3 channels RGB, mask of 1 channel, 255 a hole. The
 * arguments are not changed. Fails with `bad_image`, `size_mismatch`, `invalid` (options, padding),
 * `model_failed` when the filler gives another size than it got, and as the filler does.
 */
export async function inpaint(
  image: Raster,
  mask: Raster,
  filler: Pick<Filler, "padding" | "fill">,
  options: InpaintOptions,
): Promise<Raster> {
  checkImages(image, mask);
  checkOptions(options);
  const fill: Fill = async (part, holes) => {
    const size = paddedSize(part, filler.padding);
    // Resizing may lose a hole; what has none needs no filling.
    if (!holes.data.some((value) => value !== 0)) return part;
    const filled = await filler.fill(padded(part, size), padded(holes, size), options);
    checkAnswer(filled, size);
    return filled;
  };
  const side = Math.max(image.width, image.height);
  const { strategy } = options;
  if (strategy === "Crop" && side > options.cropTriggerSize) {
    const { cropMargin: margin, step } = options;
    return filledByWindows(image, mask, { margin, fill, ...(step ? { step } : {}) });
  }
  if (strategy === "Resize" && side > options.resizeLimit) {
    return filledSmall(image, mask, { limit: options.resizeLimit, fill });
  }
  return composed(image, mask, await fill(image, mask));
}

/** What the model makes of a part, padding included. */
type Fill = (part: Raster, holes: Raster) => Promise<Raster>;

/** The size at which the longer side is `limit`. */
export function limitedSize({ width, height }: Size, limit: number): Size {
  const ratio = limit / Math.max(width, height);
  const side = (length: number) => Math.max(1, Math.trunc(length * ratio + 0.5));
  return { width: side(width), height: side(height) };
}

async function filledByWindows(
  image: Raster,
  mask: Raster,
  {
    margin,
    fill,
    step,
  }: Pick<InpaintOptions, "step"> & {
    readonly margin: number;
    readonly fill: Fill;
  },
): Promise<Raster> {
  const result = { ...image, data: image.data.slice() };
  const boxes = [...holeBoxes(mask)];
  for (const [done, box] of boxes.entries()) {
    step?.({ done, of: boxes.length });
    const window = cropWindow(box, margin, image);
    const part = cropped(image, window);
    const holes = cropped(mask, window);
    paste(result, composed(part, holes, await fill(part, holes)), window);
  }
  return result;
}

async function filledSmall(
  image: Raster,
  mask: Raster,
  { limit, fill }: { readonly limit: number; readonly fill: Fill },
): Promise<Raster> {
  const size = limitedSize(image, limit);
  const small = cubicResized(image, size);
  const holes = cubicResized(mask, size);
  const filled = fineComposed(small, holes, await fill(small, holes));
  const { width, height } = image;
  return keptOutside(image, mask, fineCubicResized(filled, { width, height }));
}

function checkImages(image: Raster, mask: Raster): void {
  checkRaster("image", image, 3);
  checkRaster("mask", mask, 1);
  if (image.width === mask.width && image.height === mask.height) return;
  const [seen, wanted] = [mask, image].map(({ width, height }) => `${width} by ${height}`);
  throw new Failure("size_mismatch", `the mask is ${seen}; make it ${wanted}, as the image is`);
}

function checkOptions(options: InpaintOptions): void {
  const least = { cropMargin: 0, cropTriggerSize: 0, resizeLimit: 1 } as const;
  for (const name of ["cropMargin", "cropTriggerSize", "resizeLimit"] as const) {
    const value = options[name];
    if (Number.isSafeInteger(value) && value >= least[name]) continue;
    throw new Failure("invalid", `${name} is ${value}; give a whole number from ${least[name]}`);
  }
}

function checkAnswer({ width, height, channels, data }: Raster, size: Size): void {
  const isRight = width === size.width && height === size.height && channels === 3;
  if (isRight && data.length === width * height * 3) return;
  const seen = `${width} by ${height} with ${channels} channels in ${data.length} bytes`;
  throw new Failure(
    "model_failed",
    `the model gave ${seen}; it was fed ${size.width} by ${size.height} with 3`,
  );
}
