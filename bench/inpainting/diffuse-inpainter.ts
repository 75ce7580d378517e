// The built-in model in ONNX Runtime, on one thread.
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Inpaint, Picture } from "./picture.ts";

const modelFile = fileURLToPath(
  new URL("../../actors/inference/models/diffuse/1/model.onnx", import.meta.url),
);

export interface DiffuseFeeds {
  readonly image: Tensor;
  readonly mask: Tensor;
}

export interface DiffuseInpainter {
  readonly inpaint: Inpaint;
  /** The model alone; answers red, green and blue plane, 0 to 1. */
  readonly run: (feeds: DiffuseFeeds) => Promise<Float32Array>;
  close(): Promise<void>;
}

export async function diffuseInpainter(
  model: string | Uint8Array = modelFile,
): Promise<DiffuseInpainter> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const session =
    typeof model === "string"
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  const run = async (feeds: DiffuseFeeds): Promise<Float32Array> => {
    const { output } = await session.run({ ...feeds });
    if (!(output?.data instanceof Float32Array)) throw new TypeError("output is not float32");
    return output.data;
  };
  const inpaint: Inpaint = async (picture, mask) => bytesOf(await run(feedsOf(picture, mask)));
  return { inpaint, run, close: () => session.release() };
}

/** What the model takes: planes of floats. */
export function feedsOf({ width, height, data }: Picture, mask: Uint8Array): DiffuseFeeds {
  const size = width * height;
  const image = new Float32Array(size * 3);
  for (let at = 0; at < image.length; at++) {
    image[at] = (data[(at % size) * 3 + Math.floor(at / size)] ?? 0) / 255;
  }
  const holes = Float32Array.from(mask, (level) => (level > 0 ? 1 : 0));
  return {
    image: new Tensor("float32", image, [1, 3, height, width]),
    mask: new Tensor("float32", holes, [1, 1, height, width]),
  };
}

function bytesOf(planes: Float32Array): Uint8Array {
  const size = planes.length / 3;
  const filled = new Uint8Array(planes.length);
  for (let at = 0; at < filled.length; at++) {
    filled[at] = Math.round((planes[(at % 3) * size + Math.floor(at / 3)] ?? 0) * 255);
  }
  return filled;
}
