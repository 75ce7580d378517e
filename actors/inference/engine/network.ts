// The port beneath every network: named tensors in, named tensors out. It knows nothing of images.
// ONNX Runtime stands behind it in one file; a remote server and a script can stand there as well.

/** Element types by the names that ONNX Runtime uses. */
export type ElementType =
  | "float32"
  | "float16"
  | "float64"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "bool";

/** One input or output as the network declares it. */
export interface TensorPort {
  readonly name: string;
  /** One of ElementType, or whatever else the network names: a port may be of a type none can feed. */
  readonly type: string;
  /** A number is fixed; a name stands for any length, the same wherever it recurs; -1 for any. */
  readonly shape: readonly (number | string)[];
}

export type TensorElements =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/** Elements in row-major order, as many as the shape has; float16 as its bits in 16-bit words. */
export interface TensorValue {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TensorElements;
}

/** By the names of ports. */
export type TensorValues = Readonly<Record<string, TensorValue>>;

export interface Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  /** What runs it, as the Open Inference Protocol names it. Default: `onnxruntime_onnx`. */
  readonly platform?: string;
  /** Runs that may be under way at a time. Default: 1. */
  readonly overlapMax?: number;
  /**
   * A value for each input gives a value for each output. The arrays are handed over and may be empty
   * afterwards: who keeps one gives a copy. One that can be interrupted heeds the signal of its `runScope`. Fails with `model_failed`; one that asks another
   * machine with `unavailable`, `timeout` and `cancelled`, too.
   */
  run(inputs: TensorValues): Promise<TensorValues>;
  /** Frees what it holds; a run after that fails. Closing twice does nothing. */
  close(): Promise<void>;
}
