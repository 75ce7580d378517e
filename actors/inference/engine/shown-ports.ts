// Pure. The inputs and outputs of a network as they are told: what a file declares may be of any length,
// and what is told of it may not.
import { type ModelReady, portBounds } from "../engine-messages.ts";
import type { Signature } from "../fillers/model-form.ts";
import type { TensorPort } from "./network.ts";

/** Names that are too long are cut and end in `…`; ports and sides beyond the bounds are left out. */
export const shownPorts = ({
  inputs,
  outputs,
}: Pick<Signature, "inputs" | "outputs">): Pick<ModelReady, "inputs" | "outputs"> => ({
  inputs: inputs.slice(0, portBounds.portsMax).map(shownPort),
  outputs: outputs.slice(0, portBounds.portsMax).map(shownPort),
});

const shownPort = ({ name, type, shape }: TensorPort): ModelReady["inputs"][number] => ({
  name: cut(name, portBounds.nameLengthMax),
  type: cut(type, portBounds.typeLengthMax),
  shape: shape
    .slice(0, portBounds.sidesMax)
    .map((side) => (typeof side === "string" ? cut(side, portBounds.sideLengthMax) : side)),
});

const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
