// Pure. How a picture is fed to a PaddleOCR detector: shrunk so that no side is longer than a limit, both
// sides made multiples of 32 (the network halves them five times), and each channel centred.
import type { Raster } from "../inpaint/raster.ts";
import type { Size } from "./polygon-spans.ts";

const sideMultiple = 32;

/** A picture that is small enough keeps its size but for the multiples. */
export function detectorSize({ width, height }: Size, limitSide: number): Size {
  const ratio = Math.min(1, limitSide / Math.max(width, height));
  const sideOf = (side: number): number =>
    Math.max(sideMultiple, Math.round((side * ratio) / sideMultiple) * sideMultiple);
  return { width: sideOf(width), height: sideOf(height) };
}

const centres = [0.485, 0.456, 0.406] as const;
const spreads = [0.229, 0.224, 0.225] as const;

/** Planes of blue, green and red: the detectors were trained on pictures as OpenCV reads them. */
export function detectorPlanes({ width, height, data }: Raster): Float32Array {
  const size = width * height;
  const planes = new Float32Array(3 * size);
  for (const [plane, centre] of centres.entries()) {
    const factor = 1 / (255 * (spreads[plane] ?? 1));
    const offset = centre / (spreads[plane] ?? 1);
    for (let to = plane * size, from = 2 - plane; to < (plane + 1) * size; to++, from += 3) {
      planes[to] = (data[from] ?? 0) * factor - offset;
    }
  }
  return planes;
}
