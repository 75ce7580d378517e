// Writes the small ONNX files that the engine's tests run: a model whose answer is easy to foretell,
// one that never ends when it sees white, and ones that do not fit. Enough of protobuf for that.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

type Bytes = readonly number[];

const varint = (value: number): Bytes =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
const integer = (field: number, value: number): Bytes => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, value: Bytes): Bytes => [
  ...varint((field << 3) | 2),
  ...varint(value.length),
  ...value,
];
const text = (field: number, value: string): Bytes => bytes(field, [...Buffer.from(value)]);

const float = 1;
const int64 = 7;
const bool = 9;

const port = (field: number, name: string, element: number, shape: readonly (number | string)[]) =>
  bytes(field, [
    ...text(1, name),
    ...bytes(
      2,
      bytes(1, [
        ...integer(1, element),
        ...bytes(
          2,
          shape.flatMap((side) => dimension(side)),
        ),
      ]),
    ),
  ]);
const dimension = (side: number | string): Bytes =>
  bytes(1, typeof side === "number" ? integer(1, side) : text(2, side));

const node = (
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Bytes = [],
): Bytes =>
  bytes(1, [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, operator),
    ...attributes,
  ]);

const scalar = (name: string, value: number): Bytes =>
  bytes(5, [
    ...integer(2, float),
    ...text(8, name),
    ...bytes(9, [...new Uint8Array(Float32Array.of(value).buffer)]),
  ]);

/** A shape of one side. */
const length = (name: string, side: number): Bytes =>
  bytes(5, [
    ...integer(1, 1),
    ...integer(2, int64),
    ...text(8, name),
    ...bytes(9, [...new Uint8Array(BigInt64Array.of(BigInt(side)).buffer)]),
  ]);

const image = ["1", 3, "height", "width"].map((side) => (side === "1" ? 1 : side));
const mask = [1, 1, "height", "width"];

function modelFile(
  nodes: Bytes,
  inputs: Bytes,
  output: readonly (number | string)[] = image,
): Uint8Array {
  const graph = [...nodes, ...text(2, "test"), ...inputs, ...port(12, "output", float, output)];
  const operators = [...text(1, ""), ...integer(2, 17)];
  return Uint8Array.from([...integer(1, 8), ...bytes(7, graph), ...bytes(8, operators)]);
}

const imageAndMask = [...port(11, "image", float, image), ...port(11, "mask", float, mask)];

/** Turns light into dark: a byte v of the image becomes 255 - v. */
export const negativeModel = (): Uint8Array =>
  modelFile([...node("Sub", ["one", "image"], ["output"]), ...scalar("one", 1)], imageAndMask);

const pictures = ["batch", 3, "height", "width"];
const picturesAndMasks = [
  ...port(11, "image", float, pictures),
  ...port(11, "mask", float, ["batch", 1, "height", "width"]),
];

/** The same for any number of pictures at a time. */
export function negativesModel(): Uint8Array {
  const nodes = [...node("Sub", ["one", "image"], ["output"]), ...scalar("one", 1)];
  return modelFile(nodes, picturesAndMasks, pictures);
}

/** Returns any number of pictures, but takes memory for that many numbers when one has white in it. */
export function poisonedModel(numbers: number): Uint8Array {
  const keepdims = bytes(5, [...text(1, "keepdims"), ...integer(3, 0), ...integer(20, 2)]);
  return modelFile(
    [
      ...node("ReduceMax", ["image"], ["lightest"], keepdims),
      ...node("Greater", ["lightest", "limit"], ["isWhite"]),
      ...node("Where", ["isWhite", "many", "few"], ["shape"]),
      ...node("Expand", ["lightest", "shape"], ["taken"]),
      ...node("Exp", ["taken"], ["more"]),
      ...node("ReduceMax", ["more"], ["most"], keepdims),
      ...node("Mul", ["most", "nothing"], ["none"]),
      ...node("Add", ["image", "none"], ["output"]),
      ...scalar("limit", 0.95),
      ...scalar("nothing", 0),
      ...length("many", numbers),
      ...length("few", 1),
    ],
    picturesAndMasks,
    pictures,
  );
}

/** Returns the image, but loops for ever when its lightest sample is above the limit. */
export function endlessModel(limit = 0.95, count: "one" | "many" = "one"): Uint8Array {
  const shape = count === "one" ? image : pictures;
  const body = [
    ...node("Identity", ["goesOn"], ["goesOnNext"]),
    ...node("Identity", ["value"], ["valueNext"]),
    ...text(2, "body"),
    ...port(11, "round", int64, []),
    ...port(11, "goesOn", bool, []),
    ...port(11, "value", float, shape),
    ...port(12, "goesOnNext", bool, []),
    ...port(12, "valueNext", float, shape),
  ];
  const keepdims = bytes(5, [...text(1, "keepdims"), ...integer(3, 0), ...integer(20, 2)]);
  const bodyAttribute = bytes(5, [...text(1, "body"), ...bytes(6, body), ...integer(20, 5)]);
  return modelFile(
    [
      ...node("ReduceMax", ["image"], ["lightest"], keepdims),
      ...node("Greater", ["lightest", "limit"], ["isWhite"]),
      ...node("Loop", ["", "isWhite", "image"], ["output"], bodyAttribute),
      ...scalar("limit", limit),
    ],
    count === "one" ? imageAndMask : picturesAndMasks,
    shape,
  );
}

/** Has no input for a mask. */
export const modelWithoutMask = (): Uint8Array =>
  modelFile(node("Identity", ["image"], ["output"]), port(11, "image", float, image));

/** Adds a number that the file says to find in another file. */
export const modelReading = (location: string): Uint8Array => {
  const entry = bytes(13, [...text(1, "location"), ...text(2, location)]);
  const secret = bytes(5, [
    ...integer(2, float),
    ...text(8, "secret"),
    ...entry,
    ...integer(14, 1),
  ]);
  return modelFile([...node("Add", ["image", "secret"], ["output"]), ...secret], imageAndMask);
};

/** Adds up the samples of a picture of that many numbers, all made when it runs. */
export const memoryBomb = (numbers: number): Uint8Array => {
  const keepdims = bytes(5, [...text(1, "keepdims"), ...integer(3, 0), ...integer(20, 2)]);
  return modelFile(
    [
      // Of the image, so that nobody can do it beforehand.
      ...node("ReduceMax", ["image"], ["lightest"], keepdims),
      ...node("Expand", ["lightest", "shape"], ["many"]),
      ...node("Exp", ["many"], ["more"]),
      ...node("ReduceMax", ["more"], ["most"], keepdims),
      ...node("Add", ["image", "most"], ["output"]),
      ...length("shape", numbers),
    ],
    imageAndMask,
  );
};

/** The configuration of all of them. */
export const modelConfig = {
  padding: { multiple: 1, sizeMin: 0, isSquare: false },
  inputs: { image: { range: [0, 1] }, mask: { hole: 1 } },
  outputs: { output: { range: [0, 1] } },
};

/** A model folder as the engine expects it; returns its path. */
export async function writeModel(
  root: string,
  name: string,
  file: Uint8Array,
  config: object = modelConfig,
  version = 1,
): Promise<string> {
  const folder = join(root, name);
  const place = join(folder, String(version));
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "model.onnx"), file);
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}
