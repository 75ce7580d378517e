// A network with one picture going in: what it takes, how pixels become its numbers, and its first output.
import { Failure } from "#protocols/failure.ts";
import { loadNetwork } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { Network, TensorValue } from "../engine/network.ts";
import type { RunThreads } from "../engine/run-threads.ts";
import { checkPort } from "../fillers/model-form.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import type { FinePlane } from "./linear-resize.ts";

export interface PictureNetwork {
  readonly network: Network;
  /** The only size that it takes; undefined: any. */
  readonly size: Size | undefined;
  /** Its first output. Fails with `model_failed`. */
  run(planes: Float32Array, size: Size): Promise<FloatTensor>;
}

export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** From `model.onnx`, or another file of the version. Fails with `model_failed`. */
export async function loadPictureNetwork(
  folder: ModelFolder,
  { threads, file = folder.modelFile }: { readonly threads: RunThreads; readonly file?: string },
): Promise<PictureNetwork> {
  const { batching } = folder.settings;
  const network = await loadNetwork(file, { threads, batching });
  try {
    return pictureNetwork(network);
  } catch (cause) {
    await network.close();
    throw cause;
  }
}

/** Fails with `model_failed`, unless its only input is float32 [1,3,height,width]. */
export function pictureNetwork(network: Network): PictureNetwork {
  const [input, ...others] = network.inputs;
  const [output] = network.outputs;
  if (!input || !output || others.length > 0) {
    const names = network.inputs.map(({ name }) => name).join(", ") || "none";
    throw new Failure("model_failed", `its inputs are ${names}; expected one, a picture`);
  }
  const size = checkPort("input", input, { type: "float32", channels: 3 });
  return {
    network,
    size,
    async run(planes, { width, height }) {
      const shape = [1, 3, height, width];
      const answer = await network.run({ [input.name]: { type: "float32", shape, data: planes } });
      return floatsOf(output.name, answer[output.name]);
    },
  };
}

/** Fails with `model_failed`. */
export function floatsOf(name: string, value: TensorValue | undefined): FloatTensor {
  if (value?.data instanceof Float32Array) return { shape: value.shape, data: value.data };
  const seen = value?.type ?? "nothing";
  throw new Failure("model_failed", `output ${name} gave ${seen}, not float32`);
}

/** The first plane of [1,planes,height,width] or [1,height,width]. Fails with `model_failed`. */
export function firstPlane({ shape, data }: FloatTensor): FinePlane {
  const [height = 0, width = 0] = shape.slice(-2);
  const isPicture = (shape.length === 4 || shape.length === 3) && shape[0] === 1;
  if (isPicture && width * height > 0 && data.length >= width * height) {
    return { width, height, data: data.subarray(0, width * height) };
  }
  throw new Failure("model_failed", `its output is [${shape}]; expected [1,1,height,width]`);
}

export interface Normalisation {
  /** A sample is divided by it first. */
  readonly divisor: number;
  /** Then this is taken away, of red, green and blue, and what is left divided by `deviations`. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** Three planes of an RGB picture. */
export function normalisedPlanes(
  { width, height, data }: Raster,
  { divisor, means, deviations }: Normalisation,
): Float32Array {
  const size = width * height;
  const planes = new Float32Array(3 * size);
  for (let channel = 0; channel < 3; channel++) {
    const mean = means[channel] ?? 0;
    const deviation = deviations[channel] ?? 1;
    for (let pixel = 0, from = channel; pixel < size; pixel++, from += 3) {
      planes[channel * size + pixel] = ((data[from] ?? 0) / divisor - mean) / deviation;
    }
  }
  return planes;
}
