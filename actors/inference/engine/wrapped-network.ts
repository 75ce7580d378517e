// A network in front of another: what it takes, gives and is stays that one's, and it ends with it.
import type { Network, TensorPort, TensorValues } from "./network.ts";

export abstract class WrappedNetwork implements Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  readonly overlapMax: number;
  readonly platform: string;
  protected readonly network: Network;

  constructor(network: Network) {
    this.inputs = network.inputs;
    this.outputs = network.outputs;
    this.overlapMax = network.overlapMax ?? 1;
    this.platform = network.platform ?? "onnxruntime_onnx";
    this.network = network;
  }

  abstract run(values: TensorValues): Promise<TensorValues>;

  close(): Promise<void> {
    return this.network.close();
  }
}
