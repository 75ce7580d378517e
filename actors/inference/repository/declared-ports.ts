// Pure. Whether a network's inputs and outputs are what the model's configuration declares, and how the
// Open Inference Protocol names them.
import { Failure } from "#protocols/failure.ts";
import type { ModelPort } from "#protocols/tasks/model-repository.ts";
import type { TensorPort } from "../engine/network.ts";
import { datatypeOf, isElementType } from "../engine/tensor-bytes.ts";
import type { DeclaredPort, ModelSettings } from "./model-settings.ts";

export interface NetworkPorts {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
}

/** Fails with `model_failed`, naming the tensor, what is declared and what is there. */
export function refuseUndeclared(
  model: string,
  declared: Pick<ModelSettings, "inputs" | "outputs">,
  network: NetworkPorts,
): void {
  for (const side of ["inputs", "outputs"] as const) {
    for (const [name, port] of Object.entries(declared[side])) {
      refuse({ model, side: side === "inputs" ? "input" : "output", name }, port, network[side]);
    }
  }
}

function refuse(
  { model, side, name }: { readonly model: string; readonly side: string; readonly name: string },
  declared: DeclaredPort,
  ports: readonly TensorPort[],
): void {
  const wanted = textOf(declared.element, declared.shape);
  const found = ports.find((port) => port.name === name);
  if (found && found.type === declared.element && isLike(declared.shape, found.shape)) return;
  const seen = found
    ? `the file has ${textOf(found.type, found.shape)}`
    : `the file has only ${ports.map((port) => port.name).join(", ") || "none"}`;
  const detail = `model ${model}: config.json declares the ${side} ${name} as ${wanted}, but ${seen}`;
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

const textOf = (type: string, shape: readonly (number | string)[]): string =>
  `${type} [${shape.join(", ")}]`;

/** `float32 [1, 3, height]` is `FP32 [1, 3, -1]` there. */
export const modelPort = ({ name, type, shape }: TensorPort): ModelPort => ({
  name,
  datatype: isElementType(type) ? datatypeOf(type) : type.toUpperCase(),
  shape: shape.map((side) => (typeof side === "string" ? -1 : side)),
});
