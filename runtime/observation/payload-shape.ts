// What a message's payload looks like, without what it says: payloads may hold secrets and images, and
// a crash report is read by many.
//
//   { id: string(21), image: bytes(40960), sizes: list(2) of number, … 3 more }
//
// Names of fields are shown when they look like names; keys that look like data are not.
import { printable } from "#runtime/host/printable.ts";

const depthMax = 3;
const fieldsMax = 12;
const shapeLengthMax = 500;
const valueLengthMax = 2_000;
const fieldName = /^[A-Za-z_$][\w$]{0,39}$/;

/** Type and size of the value and of what it consists of, in at most 500 characters. */
export const payloadShape = (payload: unknown): string =>
  bounded(shapeAt(payload, 0), shapeLengthMax);

/** The value itself as bounded JSON, without what stands under a secret's name. */
export const payloadValue = (payload: unknown): string =>
  bounded(JSON.stringify(printable(payload)), valueLengthMax);

const bounded = (text: string, lengthMax: number): string =>
  text.length > lengthMax ? `${text.slice(0, lengthMax)}… (${text.length} characters)` : text;

function shapeAt(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return `string(${value.length})`;
    case "object":
      return value === null ? "null" : objectShape(value, depth);
    default:
      return typeof value;
  }
}

function objectShape(value: object, depth: number): string {
  try {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || isShared(value)) {
      return `bytes(${value.byteLength})`;
    }
    if (Array.isArray(value)) return listShape(value, depth);
    if (value instanceof Map) return `map(${value.size})`;
    if (value instanceof Set) return `set(${value.size})`;
    if (value instanceof Error) return `error ${value.name}`;
    if (value instanceof Date) return "date";
    if ("$" in value) return "ref";
    return recordShape(value, depth);
  } catch {
    // A getter of someone's object, or a revoked proxy.
    return "unreadable";
  }
}

const isShared = (value: object): value is SharedArrayBuffer => value instanceof SharedArrayBuffer;

function listShape(list: readonly unknown[], depth: number): string {
  const [first] = list;
  const of = list.length === 0 || depth >= depthMax ? "" : ` of ${shapeAt(first, depth + 1)}`;
  return `list(${list.length})${of}`;
}

// The fields' values are looked at through their descriptors: a getter is not called.
function recordShape(record: object, depth: number): string {
  const names = Object.keys(record);
  if (depth >= depthMax) return `object(${names.length})`;
  const shown = names.filter((name) => fieldName.test(name)).slice(0, fieldsMax);
  const fields = shown.map((name) => {
    const field = Object.getOwnPropertyDescriptor(record, name);
    const isPlain = field !== undefined && "value" in field;
    return `${name}: ${isPlain ? shapeAt(field.value, depth + 1) : "getter"}`;
  });
  const left = names.length - shown.length;
  if (left > 0) fields.push(`… ${left} more`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
