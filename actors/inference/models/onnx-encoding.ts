// Pure. The part of the ONNX file format that a generated model needs, encoded by hand.
//
// An ONNX file is one protobuf message. On the wire a protobuf message is a row of
// (field number << 3 | wire type) keys, each followed by a varint, four bytes, or a length and
// that many bytes. Fields are written in rising order and nothing is optional by chance, so equal
// models give equal bytes. Field numbers are those of onnx.proto (ONNX IR version 8).

export type OnnxAttribute =
  | { readonly kind: "float"; readonly name: string; readonly value: number }
  | { readonly kind: "floats"; readonly name: string; readonly values: readonly number[] }
  | { readonly kind: "int"; readonly name: string; readonly value: number }
  | { readonly kind: "ints"; readonly name: string; readonly values: readonly number[] }
  | { readonly kind: "string"; readonly name: string; readonly value: string };

/** An operator of ONNX itself (domain "") or a function of the model (the model's domain). */
export interface OnnxNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

/** A piece of graph with a name, written once and called from many nodes. */
export interface OnnxFunction {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
}

/** An input or output; a dimension that is a word is dynamic. */
export interface OnnxPort {
  readonly name: string;
  /** Default: float32. */
  readonly element?: OnnxElement;
  readonly shape: readonly (number | string)[];
}

/** Element types by their numbers in the format. */
export const onnxElements = {
  ...{ float32: 1, uint8: 2, int32: 6, int64: 7 },
  ...{ float16: 10, float64: 11 },
} as const;
export type OnnxElement = keyof typeof onnxElements;

export interface OnnxModel {
  readonly name: string;
  readonly description: string;
  readonly operatorSet: number;
  readonly version: number;
  /** The domain that the functions live in. */
  readonly domain: string;
  readonly functions: readonly OnnxFunction[];
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

const irVersion = 8;
const attributeTypes = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

/** The bytes of a `.onnx` file; equal models give equal bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  return Uint8Array.from([
    ...integer(1, irVersion),
    ...text(2, "troupe"),
    ...integer(5, model.version),
    ...message(7, graphFields(model)),
    ...operatorSets(8, model),
    ...model.functions.flatMap((body) => message(25, functionFields(body, model))),
  ]);
}

function operatorSets(field: number, model: OnnxModel): number[] {
  return [
    ...message(field, [...text(1, ""), ...integer(2, model.operatorSet)]),
    ...message(field, [...text(1, model.domain), ...integer(2, 1)]),
  ];
}

function graphFields(model: OnnxModel): number[] {
  return [
    ...model.nodes.flatMap((node) => message(1, nodeFields(node))),
    ...text(2, model.name),
    ...text(10, model.description),
    ...model.inputs.flatMap((port) => message(11, portFields(port))),
    ...model.outputs.flatMap((port) => message(12, portFields(port))),
  ];
}

function functionFields(body: OnnxFunction, model: OnnxModel): number[] {
  return [
    ...text(1, body.name),
    ...body.inputs.flatMap((name) => text(4, name)),
    ...body.outputs.flatMap((name) => text(5, name)),
    ...body.nodes.flatMap((node) => message(7, nodeFields(node))),
    ...operatorSets(9, model),
    ...text(10, model.domain),
  ];
}

function nodeFields(node: OnnxNode): number[] {
  return [
    ...node.inputs.flatMap((name) => text(1, name)),
    ...node.outputs.flatMap((name) => text(2, name)),
    ...text(4, node.operator),
    ...node.attributes.flatMap((attribute) => message(5, attributeFields(attribute))),
    ...(node.domain === "" ? [] : text(7, node.domain)),
  ];
}

function attributeFields(attribute: OnnxAttribute): number[] {
  return [
    ...text(1, attribute.name),
    ...attributeValue(attribute),
    ...integer(20, attributeTypes[attribute.kind]),
  ];
}

function attributeValue(attribute: OnnxAttribute): number[] {
  switch (attribute.kind) {
    case "float":
      return float(2, attribute.value);
    case "int":
      return integer(3, attribute.value);
    case "string":
      return text(4, attribute.value);
    case "floats":
      return attribute.values.flatMap((value) => float(7, value));
    case "ints":
      return attribute.values.flatMap((value) => integer(8, value));
    default:
      return attribute satisfies never;
  }
}

function portFields({ name, shape, element = "float32" }: OnnxPort): number[] {
  const dimensions = shape.flatMap((dimension) =>
    message(1, typeof dimension === "number" ? integer(1, dimension) : text(2, dimension)),
  );
  const tensor = [...integer(1, onnxElements[element]), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

function integer(field: number, value: number): number[] {
  return [...varint(BigInt(field << 3)), ...varint(BigInt(value))];
}

function float(field: number, value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [...varint(BigInt((field << 3) | 5)), ...new Uint8Array(view.buffer)];
}

function text(field: number, value: string): number[] {
  return bytes(field, new TextEncoder().encode(value));
}

function message(field: number, fields: readonly number[]): number[] {
  return bytes(field, fields);
}

function bytes(field: number, content: ArrayLike<number> & Iterable<number>): number[] {
  const key = BigInt((field << 3) | 2);
  return [...varint(key), ...varint(BigInt(content.length)), ...content];
}

// Seven bits a byte, lowest first; negative numbers as 64-bit two's complement.
function varint(value: bigint): number[] {
  const encoded: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    encoded.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  encoded.push(Number(rest));
  return encoded;
}
