// How much memory a message's arguments take, roughly: buffers and texts exactly, all else by a flat
// charge, so that a bound in bytes can be kept. O(values of the message), cut off at a depth.
import { limits } from "#protocols/limits.ts";

const bytesPerValue = 16;

export function messageBytes(value: unknown, depth = 0): number {
  if (typeof value === "string") return bytesPerValue + 2 * value.length;
  if (typeof value !== "object" || value === null) return bytesPerValue;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return bytesPerValue + value.byteLength;
  }
  // Refs hold their whole system.
  if ("$" in value || depth >= limits.decodeDepthMax) return bytesPerValue;
  let bytes = bytesPerValue;
  const items = Array.isArray(value) ? value : Object.values(value);
  for (const item of items) bytes += messageBytes(item, depth + 1);
  return bytes;
}
