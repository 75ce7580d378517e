// A network in ONNX Runtime. Loads the file by its path: a model given as bytes may read any file
// under the working directory, one given as a path may not.
import type { InferenceSession } from "onnxruntime-node";
import { Failure } from "#protocols/failure.ts";
import type {
  ElementType,
  Network,
  TensorElements,
  TensorPort,
  TensorValue,
  TensorValues,
} from "./network.ts";
import { isUnreadable, whatElseIsIn } from "./no-model.ts";
import type { GivenValue, LoadedNetwork, RunTerms, RunThreads } from "./run-threads.ts";

export class OnnxNetwork implements Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  readonly #threads: RunThreads;
  readonly #network: number;
  #isClosed = false;

  private constructor({ network, inputs, outputs }: LoadedNetwork, threads: RunThreads) {
    this.#network = network;
    this.#threads = threads;
    this.inputs = inputs.map(portOf);
    this.outputs = outputs.map(portOf);
  }

  /** Fails with `model_failed` when the file cannot be loaded by the provider. */
  static async load(file: string, threads: RunThreads, terms?: RunTerms): Promise<OnnxNetwork> {
    try {
      return new OnnxNetwork(await threads.load(file, terms), threads);
    } catch (cause) {
      const { detail } = Failure.of(cause);
      const why = isUnreadable(detail) ? await unreadable(file, detail) : detail;
      throw new Failure("model_failed", `it could not be loaded from ${file}: ${why}`, cause);
    }
  }

  /** Blocks its threads while it runs, and no other; cannot be interrupted. */
  async run(inputs: TensorValues): Promise<TensorValues> {
    if (this.#isClosed) throw new Failure("model_failed", "it is closed");
    try {
      const feeds = Object.entries(inputs).map(([name, value]) => [name, fed(value)] as const);
      const answer = await this.#threads.run(this.#network, feeds);
      return Object.fromEntries(answer.map(([name, value]) => [name, readValue(name, value)]));
    } catch (cause) {
      const { detail } = Failure.of(cause);
      throw new Failure("model_failed", `it could not be run: ${detail}`, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#threads.close(this.#network);
  }
}

async function unreadable(file: string, words: string): Promise<string> {
  const other = await whatElseIsIn(file).catch(() => undefined);
  return other ?? `the file is cut off or damaged: copy it anew (${words})`;
}

function portOf(port: InferenceSession.ValueMetadata): TensorPort {
  if (!port.isTensor) return { name: port.name, type: "no tensor", shape: [] };
  // An open side without a name comes as an empty one.
  const shape = port.shape.map((side) => (side === "" ? -1 : side));
  return { name: port.name, type: port.type, shape };
}

const arrays = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const satisfies Record<ElementType, unknown>;

/** Fails with `model_failed` when the elements are not in the array of their type. */
function fed(value: TensorValue): TensorValue {
  if (value.data instanceof arrays[value.type]) return value;
  const seen = value.data.constructor.name;
  throw new Failure("model_failed", `${value.type} cannot be fed from a ${seen}`);
}

function readValue(name: string, { type, shape, data }: GivenValue): TensorValue {
  if (isElementType(type) && isElements(data)) return { type, shape, data };
  throw new Failure("model_failed", `output ${name} is of type ${type}, which cannot be read`);
}

const isElementType = (type: string): type is ElementType => Object.hasOwn(arrays, type);

const isElements = (data: GivenValue["data"]): data is TensorElements => !Array.isArray(data);
