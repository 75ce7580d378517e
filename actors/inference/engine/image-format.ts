// Pure. Tells the format of an image file from its first bytes, and the format of the answer.
//
// Only formats in this table are ever given to a decoder. The answer has the format of the input;
// one that is only read is answered as JPEG.

export type InputFormat = "jpeg" | "png" | "gif" | "webp" | "tiff" | "avif";
export type OutputFormat = "jpeg" | "png" | "gif" | "webp" | "tiff";

interface Signature {
  readonly format: InputFormat;
  readonly offset: number;
  readonly bytes: readonly number[];
}

const letters = (text: string): readonly number[] => [...Buffer.from(text, "latin1")];

const signatures: readonly Signature[] = [
  { format: "jpeg", offset: 0, bytes: [0xff, 0xd8, 0xff] },
  { format: "png", offset: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { format: "gif", offset: 0, bytes: letters("GIF87a") },
  { format: "gif", offset: 0, bytes: letters("GIF89a") },
  { format: "webp", offset: 8, bytes: letters("WEBP") },
  { format: "tiff", offset: 0, bytes: [0x49, 0x49, 0x2a, 0x00] },
  { format: "tiff", offset: 0, bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { format: "avif", offset: 4, bytes: letters("ftypavif") },
];

/** The format these bytes claim to have, or undefined when it is none that is accepted. */
export const sniffFormat = (file: Uint8Array): InputFormat | undefined =>
  signatures.find(({ offset, bytes }) => bytes.every((byte, at) => file[offset + at] === byte))
    ?.format;

export const outputFormatFor = (input: InputFormat): OutputFormat =>
  input === "avif" ? "jpeg" : input;

export const contentTypeOf = (format: OutputFormat): string => `image/${format}`;

/** Whether the answer can hold an alpha channel; where not, it is left out. */
export const hasAlphaChannel = (format: OutputFormat): boolean =>
  format === "png" || format === "webp" || format === "tiff";

const pngColourTypeOffset = 25;

/** Colour type from the header of a PNG file: 0 grey, 2 RGB, 3 palette, 4 grey+alpha, 6 RGBA. */
export const pngColourType = (file: Uint8Array): number => file[pngColourTypeOffset] ?? 0;
