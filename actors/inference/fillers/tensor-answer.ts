// Pure. Takes a picture out of what a network answered, after a look at its type and shape.
import { Failure } from "#protocols/failure.ts";
import type { TensorValue, TensorValues } from "../engine/network.ts";
import type { Size } from "../inpaint/padding.ts";

interface Expected {
  readonly name: string;
  readonly size: Size;
}

/** Three planes of that size. Fails with `model_failed`, naming the output, expected and found. */
export function floatPlanes(answer: TensorValues, expected: Expected): Float32Array {
  const value = answer[expected.name];
  if (value?.data instanceof Float32Array && hasShape(value, expected.size)) return value.data;
  throw unexpected(value, expected, "float32");
}

/** Likewise, of bytes. */
export function byteValues(answer: TensorValues, expected: Expected): Uint8Array {
  const value = answer[expected.name];
  if (value?.data instanceof Uint8Array && value.type === "uint8" && hasShape(value, expected.size))
    return value.data;
  throw unexpected(value, expected, "uint8");
}

function hasShape({ shape, data }: TensorValue, { width, height }: Size): boolean {
  return `${shape}` === `1,3,${height},${width}` && data.length === 3 * width * height;
}

function unexpected(
  value: TensorValue | undefined,
  { name, size: { width, height } }: Expected,
  type: string,
): Failure {
  const seen = value ? `${value.type} [${value.shape}]` : "nothing";
  return new Failure(
    "model_failed",
    `output ${name} gave ${seen}, not ${type} [1,3,${height},${width}]`,
  );
}
