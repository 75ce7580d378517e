// A network with one picture going in, and perhaps a few set numbers: what it takes, how pixels become its
// numbers, and its first output.
import { Failure } from "#protocols/failure.ts";
import { type LoadTerms, loadNetwork } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { Network, TensorPort, TensorValue } from "../engine/network.ts";
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
  terms: LoadTerms,
  file = folder.modelFile,
): Promise<PictureNetwork> {
  const network = await loadNetwork(folder, terms, { file });
  try {
    return pictureNetwork(network);
  } catch (cause) {
    await network.close();
    throw cause;
  }
}

/** Numbers that a network may ask for beside its picture, by the names of their inputs. */
export type SetNumbers = Readonly<Record<string, number>>;

/** Fails with `model_failed`, unless its only input beside set numbers is float32 [1,3,height,width]. */
export function pictureNetwork(network: Network, numbers: SetNumbers = {}): PictureNetwork {
  const set = network.inputs.filter(({ name }) => Object.hasOwn(numbers, name));
  const [input, ...others] = network.inputs.filter((port) => !set.includes(port));
  const [output] = network.outputs;
  if (!input || !output || others.length > 0) {
    const names = network.inputs.map(({ name }) => name).join(", ") || "none";
    throw new Failure("model_failed", `its inputs are ${names}; expected one, a picture`);
  }
  const size = checkPort("input", input, { type: "float32", channels: 3 });
  for (const port of set) refuseOtherNumber(port);
  return {
    network,
    size,
    async run(planes, { width, height }) {
      const shape = [1, 3, height, width];
      const answer = await network.run({
        [input.name]: { type: "float32", shape, data: planes },
        ...Object.fromEntries(set.map((port) => [port.name, oneNumber(port, numbers)])),
      });
      return floatsOf(output.name, answer[output.name]);
    },
  };
}

function refuseOtherNumber({ name, type, shape }: TensorPort): void {
  const isFloat = type === "float32" || type === "float64";
  if (isFloat && shape.every((side) => typeof side === "string" || side <= 1)) return;
  const seen = `input ${name} is ${type} [${shape}]`;
  throw new Failure("model_failed", `${seen}; expected one number, float32 or float64`);
}

function oneNumber({ name, type, shape }: TensorPort, numbers: SetNumbers): TensorValue {
  const value = numbers[name] ?? 0;
  const sides = shape.map(() => 1);
  return type === "float64"
    ? { type, shape: sides, data: Float64Array.of(value) }
    : { type: "float32", shape: sides, data: Float32Array.of(value) };
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
