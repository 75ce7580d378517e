// How much memory a message's arguments take, roughly: buffers and texts exactly, all else by a flat
// charge, so that a bound in bytes can be kept. O(values of the message); what stands in it several
// times, or holds itself, counts once.
import { refMark } from "#protocols/actor-ref.ts";

const bytesPerValue = 16;

export function messageBytes(message: unknown): number {
  let bytes = 0;
  const open: unknown[] = [message];
  const seen = new Set<object>();
  while (open.length > 0) {
    const value = open.pop();
    bytes += bytesPerValue;
    if (typeof value === "string") bytes += 2 * value.length;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isBuffer(value)) bytes += value.byteLength;
    // Refs hold their whole system.
    else if (!(refMark in value)) for (const item of itemsOf(value)) open.push(item);
  }
  return bytes;
}

type Buffered = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

const isBuffer = (value: object): value is Buffered =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

function itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  return value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
}
