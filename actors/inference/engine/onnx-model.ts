// One model in ONNX Runtime. Loads the file by its path: a model given as bytes may read any file
// under the working directory, one given as a path may not.
//
//   image  float32 [1,3,H,W]  RGB, 0 to 1
//   mask   float32 [1,1,H,W]  1 is to be filled, 0 is kept
//   output float32 [1,3,H,W]  RGB, 0 to 1
import { Failure } from "#protocols/failure.ts";
import type { Raster } from "../inpaint/raster.ts";
import { loadNetwork } from "./load-network.ts";
import type { ModelFolder, ModelPadding } from "./model-folder.ts";
import type { Network, TensorPort, TensorValue } from "./network.ts";

const warmupSide = 64;

export class OnnxModel {
  readonly padding: ModelPadding;
  readonly #name: string;
  readonly #network: Network;

  private constructor(name: string, padding: ModelPadding, network: Network) {
    this.#name = name;
    this.padding = padding;
    this.#network = network;
  }

  /** Fails with `model_failed` when the file cannot be loaded or has other inputs and outputs. */
  static async load(name: string, folder: ModelFolder, threads: number): Promise<OnnxModel> {
    try {
      const { batching } = folder.settings;
      const network = await loadNetwork(folder.modelFile, { threads, batching });
      refuseOtherPorts("inputs", network.inputs, ["image", "mask"]);
      refuseOtherPorts("outputs", network.outputs, ["output"]);
      return new OnnxModel(name, folder.padding, network);
    } catch (cause) {
      const { detail } = Failure.of(cause);
      const what = `model ${name} could not be loaded from ${folder.modelFile}: ${detail}`;
      throw new Failure("model_failed", what, cause);
    }
  }

  get inputs(): readonly TensorPort[] {
    return this.#network.inputs;
  }

  get outputs(): readonly TensorPort[] {
    return this.#network.outputs;
  }

  /** Runs the smallest image once, so that the first request does not pay for it. */
  async warmUp(): Promise<void> {
    const { multiple, sizeMin } = this.padding;
    const side = Math.ceil(Math.max(warmupSide, sizeMin) / multiple) * multiple;
    const mask = new Uint8Array(side * side);
    mask.fill(255, 0, Math.ceil(mask.length / 2));
    const image = new Uint8Array(side * side * 3).fill(128);
    await this.forward(
      { width: side, height: side, channels: 3, data: image },
      { width: side, height: side, channels: 1, data: mask },
    );
  }

  /** Blocks the thread while it runs, and cannot be interrupted. Fails with `model_failed`. */
  async forward(image: Raster, mask: Raster): Promise<Raster> {
    const { width, height } = image;
    const feeds = {
      image: { type: "float32", shape: [1, 3, height, width], data: planesOf(image) },
      mask: { type: "float32", shape: [1, 1, height, width], data: holesAsFloats(mask) },
    } as const;
    const output = await this.#run(feeds);
    const expected = `float32 [1,3,${height},${width}]`;
    if (!(output.data instanceof Float32Array) || `float32 [${output.shape}]` !== expected) {
      const seen = `${output.type} [${output.shape}]`;
      throw new Failure("model_failed", `model ${this.#name} gave ${seen}, not ${expected}`);
    }
    return { width, height, channels: 3, data: pixelsOf(output.data) };
  }

  async #run(feeds: Readonly<Record<string, TensorValue>>): Promise<TensorValue> {
    try {
      const { output } = await this.#network.run(feeds);
      if (output) return output;
    } catch (cause) {
      const { code, detail } = Failure.of(cause);
      throw new Failure(code, `model ${this.#name}: ${detail}`, cause);
    }
    throw new Failure("model_failed", `model ${this.#name} gave no output`);
  }
}

function refuseOtherPorts(
  side: "inputs" | "outputs",
  ports: readonly TensorPort[],
  names: readonly string[],
): void {
  const seen = ports.map((port) => `${port.name} ${port.type}`);
  const wanted = names.map((name) => `${name} float32`);
  if (wanted.every((port) => seen.includes(port)) && seen.length === wanted.length) return;
  throw new Failure(
    "model_failed",
    `its ${side} are ${seen.join(", ")}; they must be ${wanted.join(", ")}`,
  );
}

/** Interleaved bytes to planes of 0 to 1. */
function planesOf(image: Raster): Float32Array {
  const size = image.width * image.height;
  const planes = new Float32Array(size * 3);
  for (let pixel = 0, from = 0; pixel < size; pixel++, from += 3) {
    planes[pixel] = (image.data[from] ?? 0) / 255;
    planes[pixel + size] = (image.data[from + 1] ?? 0) / 255;
    planes[pixel + 2 * size] = (image.data[from + 2] ?? 0) / 255;
  }
  return planes;
}

/** A resized mask has grey edges; every pixel that is not black counts as a hole. */
function holesAsFloats(mask: Raster): Float32Array {
  const holes = new Float32Array(mask.width * mask.height);
  for (let pixel = 0; pixel < holes.length; pixel++) holes[pixel] = mask.data[pixel] ? 1 : 0;
  return holes;
}

/** Planes of 0 to 1 to interleaved bytes: clipped and rounded down, in single precision. */
function pixelsOf(planes: Float32Array): Uint8Array {
  const size = planes.length / 3;
  const pixels = new Uint8Array(planes.length);
  for (let pixel = 0, to = 0; pixel < size; pixel++, to += 3) {
    pixels[to] = byteOf(planes[pixel] ?? 0);
    pixels[to + 1] = byteOf(planes[pixel + size] ?? 0);
    pixels[to + 2] = byteOf(planes[pixel + 2 * size] ?? 0);
  }
  return pixels;
}

const byteOf = (value: number): number => Math.max(0, Math.min(255, Math.fround(value * 255)));
