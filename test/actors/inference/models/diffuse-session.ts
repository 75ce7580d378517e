// Runs the built-in model file on bytes, on one thread.
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";

export const modelFile = new URL(
  "../../../../actors/inference/models/diffuse/1/model.onnx",
  import.meta.url,
);

export interface HoledPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel. */
  readonly image: Uint8Array;
  /** Above 0 is a hole. */
  readonly mask: Uint8Array;
}

export type Diffuse = (picture: HoledPicture) => Promise<Uint8Array>;

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
      image: new Tensor("uint8", image, [1, height, width, 3]),
      mask: new Tensor("uint8", mask, [1, height, width, 1]),
    };
    const { output } = await session.run(feeds);
    if (!(output?.data instanceof Uint8Array)) throw new TypeError("output is not uint8");
    return output.data;
  };
  return { diffuse, close: () => session.release() };
}
