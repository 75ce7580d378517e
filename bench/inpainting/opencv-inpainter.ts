// The classical methods of OpenCV, compiled to WebAssembly, on one thread.
import { createRequire } from "node:module";
import type { Inpaint } from "./picture.ts";

type Opencv = typeof import("@techstark/opencv-js");

export interface OpencvMethod {
  readonly method: "INPAINT_TELEA" | "INPAINT_NS";
  /** Pixels. */
  readonly radius: number;
}

/** Loads OpenCV, and answers a maker of inpainters. */
export async function opencvInpainters(): Promise<(how: OpencvMethod) => Inpaint> {
  const opencv: Opencv = createRequire(import.meta.url)("@techstark/opencv-js");
  if (!opencv.Mat) await new Promise<void>((ready) => (opencv.onRuntimeInitialized = ready));
  return (how) =>
    async ({ width, height, data }, mask) => {
      const source = new opencv.Mat(height, width, opencv.CV_8UC3);
      const holes = new opencv.Mat(height, width, opencv.CV_8UC1);
      const filled = new opencv.Mat();
      try {
        source.data.set(data);
        holes.data.set(mask);
        opencv.inpaint(source, holes, filled, how.radius, opencv[how.method]);
        return Uint8Array.from(filled.data);
      } finally {
        for (const matrix of [source, holes, filled]) matrix.delete();
      }
    };
}
