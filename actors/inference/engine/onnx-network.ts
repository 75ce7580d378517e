// A network in ONNX Runtime. Loads the file by its path: a model given as bytes may read any file
// under the working directory, one given as a path may not.
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { Failure } from "#protocols/failure.ts";
import type { Provider } from "./device-choice.ts";
import type {
  ElementType,
  Network,
  TensorElements,
  TensorPort,
  TensorValue,
  TensorValues,
} from "./network.ts";

export const onnxruntimeVersion = (): string => env.versions.node ?? env.versions.common;

export interface OnnxTerms {
  readonly interOp?: number;
  readonly provider?: Provider;
}

export class OnnxNetwork implements Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  readonly #session: InferenceSession;
  #isClosed = false;

  private constructor(session: InferenceSession) {
    this.#session = session;
    this.inputs = session.inputMetadata.map(portOf);
    this.outputs = session.outputMetadata.map(portOf);
  }

  /**
   * `threads` are those of one operator, `interOp` operators that run at a time. Fails with
   * `model_failed` when the file cannot be loaded by the provider.
   */
  static async load(
    file: string,
    threads: number,
    { interOp = 1, provider = "cpu" }: OnnxTerms = {},
  ): Promise<OnnxNetwork> {
    try {
      const session = await InferenceSession.create(file, {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        interOpNumThreads: interOp,
        executionMode: interOp > 1 ? "parallel" : "sequential",
        logSeverityLevel: 3,
      });
      return new OnnxNetwork(session);
    } catch (cause) {
      const { detail } = Failure.of(cause);
      throw new Failure("model_failed", `it could not be loaded from ${file}: ${detail}`, cause);
    }
  }

  /** Blocks the thread while it runs. */
  async run(inputs: TensorValues): Promise<TensorValues> {
    if (this.#isClosed) throw new Failure("model_failed", "it is closed");
    try {
      const feeds = Object.entries(inputs).map(([name, value]) => [name, fed(value)] as const);
      const answer = await this.#session.run(Object.fromEntries(feeds));
      return Object.fromEntries(
        Object.entries(answer).map(([name, value]) => [name, readValue(name, value)]),
      );
    } catch (cause) {
      const { detail } = Failure.of(cause);
      throw new Failure("model_failed", `it could not be run: ${detail}`, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#session.release();
  }
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
function fed({ type, shape, data }: TensorValue): Tensor {
  if (data instanceof arrays[type]) {
    if (type === "int64" && data instanceof BigInt64Array) return new Tensor(type, data, shape);
    if (type === "uint64" && data instanceof BigUint64Array) return new Tensor(type, data, shape);
    if (type === "bool" && data instanceof Uint8Array) return new Tensor(type, data, shape);
    const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
    if (!isBig && type !== "int64" && type !== "uint64" && type !== "bool") {
      return new Tensor(type, data, shape);
    }
  }
  throw new Failure("model_failed", `${type} cannot be fed from a ${data.constructor.name}`);
}

function readValue(name: string, { type, dims: shape, data: elements }: Tensor): TensorValue {
  if (isElementType(type) && isElements(elements)) return { type, shape, data: elements };
  throw new Failure("model_failed", `output ${name} is of type ${type}, which cannot be read`);
}

const isElementType = (type: string): type is ElementType => Object.hasOwn(arrays, type);

const isElements = (data: Tensor["data"]): data is TensorElements => !Array.isArray(data);
