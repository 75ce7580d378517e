// Pure. Several values of one tensor as one value whose first side is the batch, and back.
import { Failure } from "#protocols/failure.ts";
import type { TensorElements, TensorValue, TensorValues } from "../engine/network.ts";

/** Names, types and shapes without the batch: values with equal ones can be stacked. */
export const bucketOf = (values: TensorValues): string =>
  Object.entries(values)
    .map(([name, { type, shape }]) => `${name} ${type} ${shape.slice(1).join("x")}`)
    .sort()
    .join(", ");

/** The first side of all values; undefined when they differ, or one has no side. */
export function itemsIn(values: TensorValues): number | undefined {
  const counts = new Set(Object.values(values).map(({ shape }) => shape[0]));
  const [count] = counts;
  return counts.size === 1 ? count : undefined;
}

/** Of values of one bucket, at least one; in their order. */
export function stacked(list: readonly TensorValues[]): TensorValues {
  const [first, ...others] = list;
  if (!first) throw new Failure("internal", "a batch has at least one item");
  if (others.length === 0) return first;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, stackedValue(list.map((one) => valueIn(one, name)))]),
  );
}

/** The opposite: one for each count, whose sum is the batch. Fails with `model_failed` when it is not. */
export function unstacked(
  values: TensorValues,
  counts: readonly number[],
): readonly TensorValues[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length === 1) return [values];
  const found = itemsIn(values);
  if (found !== total) {
    const seen = found === undefined ? "outputs of different batches" : `a batch of ${found}`;
    throw new Failure("model_failed", `it was fed a batch of ${total} and gave ${seen}`);
  }
  let start = 0;
  return counts.map((count) => {
    const range = { start, count, total };
    start += count;
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, partOf(value, range)]),
    );
  });
}

function stackedValue(values: readonly TensorValue[]): TensorValue {
  const [first] = values;
  if (!first) throw new Failure("internal", "a batch has at least one item");
  const count = values.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const length = values.reduce((sum, { data }) => sum + data.length, 0);
  const data = emptyLike(first.data, length);
  let offset = 0;
  for (const value of values) {
    copyInto(data, value.data, offset);
    offset += value.data.length;
  }
  return { type: first.type, shape: [count, ...first.shape.slice(1)], data };
}

function partOf(
  { type, shape, data }: TensorValue,
  {
    start,
    count,
    total,
  }: { readonly start: number; readonly count: number; readonly total: number },
): TensorValue {
  const each = data.length / total;
  const part = data.slice(start * each, (start + count) * each);
  return { type, shape: [count, ...shape.slice(1)], data: part };
}

function valueIn(values: TensorValues, name: string): TensorValue {
  const value = values[name];
  if (value) return value;
  throw new Failure(
    "internal",
    `items of one bucket have the same tensors, but one has no ${name}`,
  );
}

function emptyLike(data: TensorElements, length: number): TensorElements {
  if (data instanceof BigInt64Array) return new BigInt64Array(length);
  if (data instanceof BigUint64Array) return new BigUint64Array(length);
  if (data instanceof Float32Array) return new Float32Array(length);
  if (data instanceof Float64Array) return new Float64Array(length);
  if (data instanceof Uint8Array) return new Uint8Array(length);
  if (data instanceof Int8Array) return new Int8Array(length);
  if (data instanceof Uint16Array) return new Uint16Array(length);
  if (data instanceof Int16Array) return new Int16Array(length);
  return data instanceof Uint32Array ? new Uint32Array(length) : new Int32Array(length);
}

/** Both are of one class, since they are of one element type. */
function copyInto(to: TensorElements, from: TensorElements, offset: number): void {
  const bytes = new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
  const source = new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  bytes.set(source, offset * to.BYTES_PER_ELEMENT);
}
