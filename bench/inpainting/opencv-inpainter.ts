// The classical methods of OpenCV as an engine runs them: compiled to WebAssembly, on one thread. What is
// timed is what a request pays for, from the picture in memory to the filled one.
import { loadOpenCv, type OpenCvInpainting } from "#actors/inference/engine/opencv.ts";
import type { Inpaint } from "./picture.ts";

/** Loads OpenCV, and answers a maker of inpainters. */
export async function opencvInpainters(): Promise<(how: OpenCvInpainting) => Inpaint> {
  const opencv = await loadOpenCv();
  return (how) =>
    async ({ width, height, data }, mask) => {
      const image = { width, height, channels: 3, data } as const;
      const holes = { width, height, channels: 1, data: mask } as const;
      return opencv.inpaint(image, holes, how).data;
    };
}
