// The model `cv2`: classical inpainting without a network. Navier-Stokes (Bertalmio et al., 2001)
// continues lines of equal light into a hole, Telea's fast marching (2004) takes weighted means from
// its rim inwards. Both suit scratches and text; large holes become smears.
import { Failure } from "#protocols/failure.ts";
import { loadOpenCv } from "../engine/opencv.ts";
import type { Filler } from "../inpaint/filler.ts";

const radiusDefault = 4;
const radiusMax = 100;

/** Fails with `model_failed` when OpenCV cannot be loaded. */
export async function opencvFiller(): Promise<Filler> {
  const opencv = await loadOpenCv();
  return {
    padding: { multiple: 1, sizeMin: 0, isSquare: false },
    async fill(image, mask, { cv2Flag = "INPAINT_NS", cv2Radius = radiusDefault }) {
      if (cv2Flag !== "INPAINT_NS" && cv2Flag !== "INPAINT_TELEA") {
        const known = "send INPAINT_NS or INPAINT_TELEA";
        throw new Failure("invalid", `cv2Flag is ${JSON.stringify(cv2Flag)}; ${known}`);
      }
      // OpenCV itself takes what is out of range as the nearest that is not.
      const radius = Math.min(radiusMax, Math.max(1, Math.round(cv2Radius)));
      return opencv.inpaint(image, mask, { flag: cv2Flag, radius });
    },
    close: async () => undefined,
  };
}
