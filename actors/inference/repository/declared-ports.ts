// Pure. Whether a network's inputs and outputs are what the model's configuration declares, and how the
// Open Inference Protocol names them.
import { Failure } from "#protocols/failure.ts";
import type { ModelMetadata, ModelPort } from "#protocols/tasks/model-repository.ts";
import type { TensorPort } from "../engine/network.ts";
import { datatypeOf, isElementType } from "../engine/tensor-bytes.ts";
import type { DeclaredPort, ModelSettings } from "./model-settings.ts";

type Declared = Pick<ModelSettings, "inputs" | "outputs">;

export interface NetworkPorts {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
}

/** `model` as it is told. Fails with `model_failed`, naming the tensors, what is declared and what is there. */
export function refuseUndeclared(model: string, declared: Declared, network: NetworkPorts): void {
  for (const side of ["inputs", "outputs"] as const) {
    for (const [name, port] of Object.entries(declared[side])) {
      refuse({ model, side: side === "inputs" ? "input" : "output", name }, port, network[side]);
    }
  }
  refuseTwoLengths(model, declared, network);
}

/** What is declared of ports that this network has; a model may have others beside it. */
export const declaredOf = ({ inputs, outputs }: Declared, network: NetworkPorts): Declared => ({
  inputs: ofThese(inputs, network.inputs),
  outputs: ofThese(outputs, network.outputs),
});

const ofThese = (declared: Declared["inputs"], ports: readonly TensorPort[]): Declared["inputs"] =>
  Object.fromEntries(
    Object.entries(declared).filter(([name]) => ports.some((port) => port.name === name)),
  );

/** A word of the file is one length, wherever it recurs; it cannot be declared as two. */
function refuseTwoLengths(model: string, declared: Declared, network: NetworkPorts): void {
  const lengths = new Map<string, { readonly length: number; readonly name: string }>();
  for (const side of ["inputs", "outputs"] as const) {
    for (const { name, shape } of network[side]) {
      for (const [at, length] of (declared[side][name]?.shape ?? []).entries()) {
        const word = shape[at];
        if (typeof length !== "number" || length < 0 || typeof word !== "string") continue;
        const other = lengths.get(word);
        if (other !== undefined && other.length !== length) {
          const seen = `${model}: the configuration declares ${word} as ${other.length} in ${other.name}`;
          const detail = `${seen} and as ${length} in ${name}, but the file has one length for both`;
          throw new Failure("model_failed", `${detail}; correct one of them`);
        }
        lengths.set(word, { length, name });
      }
    }
  }
}

function refuse(
  { model, side, name }: { readonly model: string; readonly side: string; readonly name: string },
  declared: DeclaredPort,
  ports: readonly TensorPort[],
): void {
  const { element, shape } = declared;
  const found = ports.find((port) => port.name === name);
  const hasType = element === undefined || found?.type === element;
  if (found && hasType && (shape === undefined || isLike(shape, found.shape))) return;
  const wanted = textOf(element, shape);
  const seen = found
    ? `the file has ${textOf(found.type, found.shape)}`
    : `the file has only ${ports.map((port) => port.name).join(", ") || "none"}`;
  const as = wanted === "" ? "" : ` as ${wanted}`;
  const detail = `${model}: config.json declares the ${side} ${name}${as}, but ${seen}`;
  throw new Failure("model_failed", `${detail}; correct one of them`);
}

/** A side that is open in the file may be declared as any length, and the other way round it may not. */
const isLike = (
  declared: readonly (number | string)[],
  found: readonly (number | string)[],
): boolean =>
  declared.length === found.length &&
  declared.every((side, at) => isOpen(found[at]) || (!isOpen(side) && side === found[at]));

const isOpen = (side: number | string | undefined): boolean =>
  typeof side === "string" || side === -1;

const textOf = (type = "", shape?: readonly (number | string)[]): string =>
  [type, ...(shape ? [`[${shape.join(", ")}]`] : [])].filter(Boolean).join(" ");

/** What a version is told to be, of what its engines say and the repository knows. */
export const metadataOf = (
  { name, versions }: Pick<ModelMetadata, "name" | "versions">,
  facts: NetworkPorts & Pick<ModelMetadata, "platform" | "device" | "notes">,
): ModelMetadata => ({
  ...{ name, versions, platform: facts.platform, device: facts.device, notes: facts.notes },
  ...{ inputs: facts.inputs.map(modelPort), outputs: facts.outputs.map(modelPort) },
});

/** `float32 [1, 3, height]` is `FP32 [1, 3, -1]` there. */
export const modelPort = ({ name, type, shape }: TensorPort): ModelPort => ({
  name,
  datatype: isElementType(type) ? datatypeOf(type) : type.toUpperCase(),
  shape: shape.map((side) => (typeof side === "string" ? -1 : side)),
});
