// Pure. Tensors as the Open Inference Protocol sends them in binary: elements in row-major order, little
// endian, one after the other. float16 stays as its bits.
import { Failure } from "#protocols/failure.ts";
import type { ElementType, TensorElements, TensorValue } from "./network.ts";

const datatypes = {
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  uint8: "UINT8",
  int8: "INT8",
  uint16: "UINT16",
  int16: "INT16",
  uint32: "UINT32",
  int32: "INT32",
  uint64: "UINT64",
  int64: "INT64",
  bool: "BOOL",
} as const satisfies Record<ElementType, string>;

export const datatypeOf = (type: ElementType): string => datatypes[type];

/** Undefined for one that cannot be fed, as texts. */
export function elementTypeOf(datatype: string): ElementType | undefined {
  for (const type of elementTypes) if (datatypes[type] === datatype) return type;
  return undefined;
}

export const isElementType = (type: string): type is ElementType => Object.hasOwn(datatypes, type);

const elementTypes = [
  ...(["float16", "float32", "float64", "uint8", "int8", "uint16"] as const),
  ...(["int16", "uint32", "int32", "uint64", "int64", "bool"] as const),
] satisfies readonly ElementType[];

/** The memory of the elements itself; all machines that this runs on are little endian. */
export const bytesOf = ({ data }: TensorValue): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Fails with `model_failed` when there are more or fewer bytes than the shape has elements. */
export function tensorOf(
  {
    name,
    type,
    shape,
  }: {
    readonly name: string;
    readonly type: ElementType;
    readonly shape: readonly number[];
  },
  bytes: Uint8Array,
): TensorValue {
  // A copy begins where elements may.
  const { buffer } = new Uint8Array(bytes);
  const count = shape.reduce((product, side) => product * side, 1);
  const size = sizes[type];
  if (bytes.byteLength !== count * size) {
    const seen = `${bytes.byteLength} bytes for ${type} [${shape.join(", ")}]`;
    throw new Failure("model_failed", `output ${name} has ${seen}, not ${count * size}`);
  }
  return { type, shape, data: elementsOf(type, buffer) };
}

/** The same of numbers as JSON has them, nested or flat; of a bool `true` and `false`, too. */
export function tensorOfJson(
  port: { readonly name: string; readonly type: ElementType; readonly shape: readonly number[] },
  elements: readonly unknown[],
): TensorValue {
  const { name, type, shape } = port;
  const count = shape.reduce((product, side) => product * side, 1);
  const flat = flatUpTo(count + 1, elements);
  if (flat.length !== count || type === "float16") {
    const many = flat.length > count ? `more than ${count}` : String(flat.length);
    const seen = `${many} numbers for ${type} [${shape.join(", ")}]`;
    throw new Failure("model_failed", `output ${name} has ${seen}, which cannot be read`);
  }
  const data = elementsOf(type, new ArrayBuffer(count * sizes[type]));
  for (const [at, element] of flat.entries()) {
    if (!isSet(data, { at, element: type === "bool" ? bitOf(element) : element })) {
      const seen = `${JSON.stringify(element)?.slice(0, 64)} among its elements`;
      throw new Failure("model_failed", `output ${name} of type ${type} has ${seen}`);
    }
  }
  return { type, shape, data };
}

/** No more than that is looked at, whatever comes. */
function flatUpTo(
  most: number,
  elements: readonly unknown[],
  flat: unknown[] = [],
  depthMax = 16,
): readonly unknown[] {
  for (const element of elements) {
    if (flat.length >= most) break;
    if (Array.isArray(element) && depthMax > 0) flatUpTo(most, element, flat, depthMax - 1);
    else flat.push(element);
  }
  return flat;
}

const bitOf = (element: unknown): unknown =>
  typeof element === "boolean" ? Number(element) : element;

/** False when the element is not what the array can hold. */
function isSet(
  data: TensorElements,
  { at, element }: { readonly at: number; readonly element: unknown },
): boolean {
  if (typeof element !== "number") return false;
  if (data instanceof Float32Array || data instanceof Float64Array) {
    data[at] = element;
    return true;
  }
  if (!Number.isSafeInteger(element)) return false;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    data[at] = BigInt(element);
    return data[at] === BigInt(element);
  }
  data[at] = element;
  return data[at] === element;
}

const sizes = {
  ...{ float16: 2, float32: 4, float64: 8, uint8: 1, int8: 1, uint16: 2 },
  ...{ int16: 2, uint32: 4, int32: 4, uint64: 8, int64: 8, bool: 1 },
} as const satisfies Record<ElementType, number>;

function elementsOf(type: ElementType, buffer: ArrayBufferLike): TensorElements {
  switch (type) {
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "float16":
    case "uint16":
      return new Uint16Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint64":
      return new BigUint64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    default:
      return type satisfies never;
  }
}
