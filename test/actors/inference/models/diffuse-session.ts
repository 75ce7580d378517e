// Runs the built-in model file on planes of floats, on one thread.
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";

export const modelFile = new URL(
  "../../../../actors/inference/models/diffuse/1/model.onnx",
  import.meta.url,
);

export interface Planes {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue plane, 0 to 1. */
  readonly image: Float32Array;
  /** Above 0 is a hole. */
  readonly mask: Float32Array;
}

export type Diffuse = (planes: Planes) => Promise<Float32Array>;

export async function openDiffuse(): Promise<{
  readonly diffuse: Diffuse;
  close(): Promise<void>;
}> {
  const session = await InferenceSession.create(fileURLToPath(modelFile), {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const diffuse: Diffuse = async ({ width, height, image, mask }) => {
    const feeds = {
      image: new Tensor("float32", image, [1, 3, height, width]),
      mask: new Tensor("float32", mask, [1, 1, height, width]),
    };
    const { output } = await session.run(feeds);
    if (!(output?.data instanceof Float32Array)) throw new TypeError("output is not float32");
    return output.data;
  };
  return { diffuse, close: () => session.release() };
}
