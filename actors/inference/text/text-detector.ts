// A network that marks text: a PaddleOCR detector (DB), or any other of the same signature.
import { Failure } from "#protocols/failure.ts";
import type { Network, TensorPort } from "../engine/network.ts";
import type { Raster } from "../inpaint/raster.ts";
import { detectorPlanes, detectorSize } from "./detector-input.ts";
import type { Size } from "./polygon-spans.ts";
import type { ProbabilityMap } from "./text-regions.ts";

export interface TextDetector {
  /** That a picture must be brought to before it is looked at. */
  sizeFor(picture: Size, limitSide: number): Size;
  /** Takes 3 channels (RGB). Fails with `model_failed`. */
  look(picture: Raster): Promise<ProbabilityMap>;
}

/** Fails with `model_failed` when the network's inputs and outputs are others. */
export function textDetector(network: Network): TextDetector {
  const input = only(network.inputs, "input");
  const output = only(network.outputs, "output");
  const fixed = fixedSize(input);
  return {
    sizeFor: (picture, limitSide) => fixed ?? detectorSize(picture, limitSide),
    async look(picture) {
      const { width, height } = picture;
      const [type, shape] = ["float32", [1, 3, height, width]] as const;
      const data = detectorPlanes(picture);
      const answer = await network.run({ [input.name]: { type, shape, data } });
      const map = answer[output.name];
      const [items, planes, rows = 0, columns = 0] = map?.shape ?? [];
      const isMap = items === 1 && planes === 1 && rows > 0 && columns > 0;
      if (map !== undefined && isMap && map.data instanceof Float32Array) {
        return { width: columns, height: rows, data: map.data };
      }
      const seen = `${map?.type} [${map?.shape.join(", ")}]`;
      throw new Failure("model_failed", `its answer is ${seen}, not float32 [1, 1, height, width]`);
    },
  };
}

function only(ports: readonly TensorPort[], what: "input" | "output"): TensorPort {
  const [port] = ports;
  const planes = what === "input" ? 3 : 1;
  const fits =
    port?.type === "float32" &&
    port.shape.length === 4 &&
    (typeof port.shape[1] !== "number" || port.shape[1] === planes || port.shape[1] === -1);
  if (port !== undefined && ports.length === 1 && fits) return port;
  const seen = ports.map(({ name, type, shape }) => `${name}: ${type} [${shape.join(", ")}]`);
  const wanted = `one ${what}, float32 [n, ${planes}, height, width]`;
  throw new Failure(
    "model_failed",
    `a text detector has ${wanted}; this one has ${seen.join("; ")}`,
  );
}

/** Of a network that takes pictures of one size only. */
function fixedSize({ shape }: TensorPort): Size | undefined {
  const [, , height, width] = shape;
  if (typeof height !== "number" || typeof width !== "number") return undefined;
  return height > 0 && width > 0 ? { width, height } : undefined;
}
