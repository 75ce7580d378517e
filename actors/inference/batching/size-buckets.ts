// Pure. Pictures of different sizes made of one size, so that they can run together, and what comes of them cut
// back. What is added repeats the last column and row:
//
//   a b      a b b b
//   c d  ─►  c d d d      and the first 2 by 2 of what comes out
//            c d d d
//
// A network that makes each pixel of those near it makes the same of a padded picture, but for the pixels that
// are as near to the right or lower edge as it looks.
import { Failure } from "#protocols/failure.ts";
import type { TensorElements, TensorPort, TensorValue, TensorValues } from "../engine/network.ts";

/** Sides that pictures are brought to, ascending; or all multiples of a number. */
export type SizeBuckets = { readonly sides: readonly number[] } | { readonly multiple: number };

export interface PlaneSize {
  readonly height: number;
  readonly width: number;
}

/** Larger than all of them: as it is. */
export function bucketSide(side: number, buckets: SizeBuckets): number {
  if ("multiple" in buckets) return Math.ceil(side / buckets.multiple) * buckets.multiple;
  return buckets.sides.find((one) => one >= side) ?? side;
}

/** Of its pictures, [batch, channels, height, width] with both sides open; undefined: it has none of one size. */
export function planeSizeOf(
  values: TensorValues,
  ports: readonly TensorPort[],
): PlaneSize | undefined {
  const sizes = ports.map(({ name, shape }) => {
    const [, , height = 0, width = 0] = values[name]?.shape ?? [];
    return isPlane(shape) && values[name]?.shape.length === 4 ? { height, width } : undefined;
  });
  const [first] = sizes;
  const isOne = sizes.every((one) => one?.height === first?.height && one?.width === first?.width);
  return isOne ? first : undefined;
}

/** Each of them is made as large. */
export const paddedValues = (values: TensorValues, to: PlaneSize): TensorValues =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, resized(value, to)]));

/**
 * The part of each value that stands for the picture before it was padded; a value may be some times as
 * large. Fails with `model_failed` when it is of another size.
 */
export function cutValues(
  values: TensorValues,
  { padded, size }: { readonly padded: PlaneSize; readonly size: PlaneSize },
): TensorValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const [, , height = 0, width = 0] = value.shape;
      const factor = height / padded.height;
      if (value.shape.length === 4 && Number.isInteger(factor) && width === factor * padded.width) {
        const to = { height: factor * size.height, width: factor * size.width };
        return [name, resized(value, to)];
      }
      const seen = `its output ${name} is [${value.shape}] of ${padded.height} by ${padded.width}`;
      const text = `${seen}, so that it cannot be cut back: give batching no sizes in config.json`;
      throw new Failure("model_failed", text);
    }),
  );
}

const isOpen = (side: number | string | undefined): boolean =>
  typeof side === "string" || side === -1;
const isPlane = (shape: TensorPort["shape"]): boolean =>
  shape.length === 4 && isOpen(shape[2]) && isOpen(shape[3]);

/** Cut, or continued by its last column and row. */
function resized({ type, shape, data }: TensorValue, to: PlaneSize): TensorValue {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const planes = batch * channels;
  const result = emptyOf(data, planes * to.height * to.width);
  const kept = Math.min(width, to.width);
  for (let row = 0; row < planes * to.height; row++) {
    const plane = Math.floor(row / to.height);
    const from = (plane * height + Math.min(row % to.height, height - 1)) * width;
    copyRow(result, data, { at: row * to.width, from, count: kept });
    if (to.width > kept) repeatLast(result, row * to.width + kept, (row + 1) * to.width);
  }
  return { type, shape: [batch, channels, to.height, to.width], data: result };
}

function emptyOf(like: TensorElements, length: number): TensorElements {
  const bytes = new ArrayBuffer(length * like.BYTES_PER_ELEMENT);
  if (like instanceof Float32Array) return new Float32Array(bytes);
  if (like instanceof Uint8Array) return new Uint8Array(bytes);
  if (like instanceof Uint16Array) return new Uint16Array(bytes);
  if (like instanceof Float64Array) return new Float64Array(bytes);
  const text = "only pictures of float32, float16, float64 and uint8 are padded";
  throw new Failure("model_failed", `${text}: give batching no sizes in config.json`);
}

/** Both are of one element type. */
function copyRow(
  to: TensorElements,
  source: TensorElements,
  { at, from, count }: { readonly at: number; readonly from: number; readonly count: number },
): void {
  const size = to.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(source.buffer, source.byteOffset + from * size, count * size);
  new Uint8Array(to.buffer, to.byteOffset + at * size, count * size).set(bytes);
}

function repeatLast(row: TensorElements, start: number, end: number): void {
  const size = row.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  for (let at = start; at < end; at++) bytes.copyWithin(at * size, (at - 1) * size, at * size);
}
