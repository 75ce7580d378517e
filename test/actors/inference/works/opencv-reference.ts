// What OpenCV itself makes of pictures, for those who promise to do it as OpenCV does.
import cv from "@techstark/opencv-js";
import type { Size } from "#actors/inference/inpaint/padding.ts";
import type { Raster } from "#actors/inference/inpaint/raster.ts";

if (!("Mat" in cv)) {
  await new Promise<void>((resolve) => Object.assign(cv, { onRuntimeInitialized: resolve }));
}

export function resizedByOpenCv(
  { width, height, channels, data }: Raster,
  size: Size,
  how: "INTER_LINEAR" | "INTER_LANCZOS4",
): Uint8Array {
  const type = { 1: cv.CV_8UC1, 3: cv.CV_8UC3, 4: cv.CV_8UC4 }[channels];
  const [source, result] = [new cv.Mat(height, width, type), new cv.Mat()];
  source.data.set(data);
  cv.resize(source, result, new cv.Size(size.width, size.height), 0, 0, cv[how]);
  const resized = Uint8Array.from(result.data);
  source.delete();
  result.delete();
  return resized;
}

/** Of one plane of numbers, by INTER_LINEAR. */
export function planeByOpenCv(
  { width, height, data }: Size & { readonly data: Float32Array },
  size: Size,
): Float32Array {
  const [source, result] = [new cv.Mat(height, width, cv.CV_32FC1), new cv.Mat()];
  source.data32F.set(data);
  cv.resize(source, result, new cv.Size(size.width, size.height), 0, 0, cv.INTER_LINEAR);
  const resized = Float32Array.from(result.data32F);
  source.delete();
  result.delete();
  return resized;
}

/** Of numbers, as often as that; sigma 0 leaves it to OpenCV. */
export function blurredByOpenCv(
  plane: Float64Array,
  { side, taps, sigma, times }: Record<"side" | "taps" | "sigma" | "times", number>,
): Float64Array {
  const mat = new cv.Mat(side, side, cv.CV_64FC1);
  mat.data64F.set(plane);
  for (let time = 0; time < times; time++) {
    cv.GaussianBlur(mat, mat, new cv.Size(taps, taps), sigma);
  }
  const blurred = Float64Array.from(mat.data64F);
  mat.delete();
  return blurred;
}
