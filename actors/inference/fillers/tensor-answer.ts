// Pure. Takes a picture out of what a network answered, after a look at its type and shape.
import { Failure } from "#protocols/failure.ts";
import type { TensorValue, TensorValues } from "../engine/network.ts";
import type { Size } from "../inpaint/padding.ts";

interface Expected {
  readonly name: string;
  readonly size: Size;
  /** Whether the channels stand last; otherwise they are planes. */
  readonly layout?: "planes" | "pixels";
}

/** Three planes of that size. Fails with `model_failed`, naming the output, expected and found. */
export function floatPlanes(answer: TensorValues, expected: Expected): Float32Array {
  const value = answer[expected.name];
  if (value?.data instanceof Float32Array && hasShape(value, expected)) return value.data;
  throw unexpected(value, expected, "float32");
}

/** Likewise, of bytes. */
export function byteValues(answer: TensorValues, expected: Expected): Uint8Array {
  const value = answer[expected.name];
  if (value?.data instanceof Uint8Array && value.type === "uint8" && hasShape(value, expected))
    return value.data;
  throw unexpected(value, expected, "uint8");
}

function hasShape({ shape, data }: TensorValue, expected: Expected): boolean {
  const { width, height } = expected.size;
  return `${shape}` === shapeOf(expected) && data.length === 3 * width * height;
}

const shapeOf = ({ size: { width, height }, layout }: Expected): string =>
  layout === "pixels" ? `1,${height},${width},3` : `1,3,${height},${width}`;

function unexpected(value: TensorValue | undefined, expected: Expected, type: string): Failure {
  const seen = value ? `${value.type} [${value.shape}]` : "nothing";
  return new Failure(
    "model_failed",
    `output ${expected.name} gave ${seen}, not ${type} [${shapeOf(expected)}]`,
  );
}
