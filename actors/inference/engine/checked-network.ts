// A network whose runs are held to what is declared: by the model's configuration, and of what goes in by its
// file, too. ONNX Runtime itself compares neither the lengths of two inputs that its file calls the same, nor
// anything that comes out: exporters leave the size of their sample picture there.

import type { DeclaredPort } from "../repository/model-settings.ts";
import type { Network, TensorPort, TensorValues } from "./network.ts";
import { type CheckedPort, refuseOther, type Words } from "./tensor-check.ts";
import { WrappedNetwork } from "./wrapped-network.ts";

type Declared = Readonly<Record<"inputs" | "outputs", Readonly<Record<string, DeclaredPort>>>>;

export class CheckedNetwork extends WrappedNetwork {
  readonly #inputs: readonly CheckedPort[];
  readonly #outputs: readonly CheckedPort[];

  /** `isJoined`: the first side is how many items run together, and nothing is declared of it. */
  constructor(network: Network, declared: Declared, { isJoined }: { readonly isJoined: boolean }) {
    super(network);
    const freed = (port: CheckedPort): CheckedPort =>
      isJoined ? { ...port, shape: port.shape.map((side, at) => (at === 0 ? -1 : side)) } : port;
    this.#inputs = network.inputs.map((port) => freed(inputOf(port, declared.inputs[port.name])));
    this.#outputs = network.outputs.flatMap(({ name }) => {
      const port = declared.outputs[name];
      return port ? [freed(declaredOf(name, port))] : [];
    });
  }

  override async run(values: TensorValues): Promise<TensorValues> {
    const words: Words = new Map();
    for (const port of this.#inputs) refuseOther("input", port, values[port.name], words);
    const answer = await this.network.run(values);
    for (const port of this.#outputs) refuseOther("output", port, answer[port.name], words);
    return answer;
  }
}

const declaredOf = (name: string, { element = "", shape = [] }: DeclaredPort): CheckedPort => ({
  ...{ name, type: element, shape, from: "config" },
});

/** What the configuration says of a shape counts, and where it says nothing what the file does. */
const inputOf = (port: TensorPort, declared: DeclaredPort | undefined): CheckedPort => ({
  ...{ name: port.name, type: port.type },
  ...(declared?.shape
    ? ({ shape: declared.shape, from: "config" } as const)
    : ({ shape: port.shape, from: "file" } as const)),
});
