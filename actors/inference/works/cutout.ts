// Pure. From what a network says of a picture to the picture without its background.
import { Failure } from "#protocols/failure.ts";

/** The colours of each pixel as far as it stays, 0 to 255: rounded, as Pillow lays a cut-out over nothing. */
export function premultiplied(rgb: Uint8Array, kept: Uint8Array): Uint8Array {
  const colours = new Uint8Array(rgb.length);
  for (let pixel = 0, at = 0; pixel < kept.length; pixel++, at += 3) {
    const share = kept[pixel] ?? 0;
    colours[at] = scaled(rgb[at] ?? 0, share);
    colours[at + 1] = scaled(rgb[at + 1] ?? 0, share);
    colours[at + 2] = scaled(rgb[at + 2] ?? 0, share);
  }
  return colours;
}

/** `a * b / 255`, rounded. */
function scaled(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/** In place: x becomes 1 / (1 + e^-x). */
export function applySigmoid(values: Float32Array): void {
  for (let at = 0; at < values.length; at++) values[at] = 1 / (1 + Math.exp(-(values[at] ?? 0)));
}

/**
 * The least becomes 0, the most 255, fractions are dropped; what is all the same becomes 0. In single precision,
 * as NumPy does it: the last bit decides what is dropped. Fails with `model_failed`.
 */
export function stretchedToBytes(values: Float32Array): Uint8Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const span = single(most - least);
  if (!(Number.isFinite(span) && !values.some(Number.isNaN))) throw notNumbers();
  if (span === 0) return new Uint8Array(values.length);
  return Uint8Array.from(values, (value) => single(single(single(value - least) / span) * 255));
}

/** 0 to 1 becomes 0 to 255, clipped; fractions are dropped, in single precision. Fails with `model_failed`. */
export function unitsToBytes(values: Float32Array): Uint8Array {
  if (values.some(Number.isNaN)) throw notNumbers();
  return Uint8Array.from(values, (value) => single(Math.min(1, Math.max(0, value)) * 255));
}

const single = Math.fround;

const notNumbers = (): Failure =>
  new Failure("model_failed", "its output has values that are not numbers");
