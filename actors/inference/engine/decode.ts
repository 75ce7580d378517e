// Turns an untrusted image file into 8-bit RGB pixels, upright by its EXIF orientation. The only
// file that decodes, and it runs only inside the engine process.
//
// What a file means follows Pillow as Lama Cleaner uses it: embedded colour profiles are not
// applied, alpha is kept only for true RGBA (not grey+alpha, palettes or colour keys), 16-bit grey
// is clipped, and the first frame of an animation stands for all.
import sharp, { type Metadata, type SharpOptions } from "sharp";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { channelOf, clippedGreyToRgb, cmykToRgb, holesOf, toRgb } from "./channels.ts";
import { type InputFormat, pngColourType, sniffFormat } from "./image-format.ts";
import type { PngChunk } from "./png-chunk.ts";
import { pngParametersIn } from "./png-parameters.ts";

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  /** Present for true RGBA only; not premultiplied. */
  readonly alpha: Uint8Array | undefined;
  readonly format: InputFormat;
  /** The EXIF block as the file holds it. */
  readonly exif: Uint8Array | undefined;
  /** What a PNG says of how it was generated. */
  readonly pngParameters: PngChunk | undefined;
}

export interface DecodedMask {
  readonly width: number;
  readonly height: number;
  /** One byte a pixel: 255 is to be filled, 0 is kept. */
  readonly holes: Uint8Array;
}

const loaders = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadNsgifBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadTiffBuffer",
  "VipsForeignLoadHeifBuffer",
];

let areShut = false;

/**
 * Shuts every decoder but those named here, and sets how many threads one image may use. Decoders are shut
 * once in a process: while they are shut anew none is open, and an image that is being read then is refused.
 */
export function prepareDecoders(threads: number): void {
  sharp.concurrency(threads);
  if (areShut) return;
  areShut = true;
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: loaders });
  sharp.cache(false);
}

const decodeOptions: SharpOptions = {
  failOn: "error",
  limitInputPixels: limits.imagePixelsMax,
  autoOrient: true,
  ignoreIcc: true,
  pages: 1,
};

/** Fails with `bad_image`; `what` names the file in the failure. */
export async function decodeImage(file: Uint8Array, what: string): Promise<DecodedImage> {
  const format = sniffFormat(file);
  if (format === undefined) throw notAnImage(file, what);
  try {
    const facts = await sharp(file, decodeOptions).metadata();
    const pixels = await decodePixels(file, format, facts);
    const pngParameters = format === "png" ? pngParametersIn(file) : undefined;
    return { ...pixels, format, exif: facts.exif, pngParameters };
  } catch (cause) {
    throw undecodable(what, format, cause);
  }
}

/** What it will measure when it is decoded, without decoding it. Fails with `bad_image`. */
export async function uprightSize(
  file: Uint8Array,
  what: string,
): Promise<Pick<DecodedImage, "width" | "height">> {
  const format = sniffFormat(file);
  if (format === undefined) throw notAnImage(file, what);
  try {
    const { autoOrient } = await sharp(file, decodeOptions).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (cause) {
    throw undecodable(what, format, cause);
  }
}

/** Fails with `bad_image`. Alpha is dropped, never composited: a transparent white pixel is a hole. */
export async function decodeMask(file: Uint8Array): Promise<DecodedMask> {
  const { width, height, rgb } = await decodeImage(file, "mask");
  return { width, height, holes: holesOf(rgb) };
}

function notAnImage(file: Uint8Array, what: string): Failure {
  if (file.byteLength === 0) return new Failure("bad_image", `the ${what} is empty: send a file`);
  const start = Buffer.from(file.subarray(0, 8)).toString("hex");
  return new Failure(
    "bad_image",
    `the ${what} (${file.byteLength} bytes, starting ${start}) is no image of a known format: ` +
      "send JPEG, PNG, GIF, WebP, TIFF or AVIF",
  );
}

function undecodable(what: string, format: InputFormat, cause: unknown): Failure {
  const reason = decoderWords(cause instanceof Error ? cause.message : String(cause));
  const [bound, remedy] = /pixel limit/.test(reason)
    ? [` of ${limits.imagePixelsMax}`, "send a smaller one"]
    : ["", "save it anew and send that"];
  const seen = `the ${what} cannot be read as ${format}: ${reason}${bound}`;
  return new Failure("bad_image", `${seen}; ${remedy}`, cause);
}

/**
 * In one line. The decoder has one list of complaints for all threads: another picture may have taken
 * this one's.
 */
function decoderWords(message: string): string {
  const said = new Set(
    message
      .trim()
      .replace(/:$/, "")
      .split(/\s*\n\s*/),
  );
  return said.has("Unknown error") ? "it is damaged or cut off" : [...said].join(", ");
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  readonly alpha: Uint8Array | undefined;
}

async function decodePixels(
  file: Uint8Array,
  format: InputFormat,
  facts: Metadata,
): Promise<Pixels> {
  if (facts.space === "cmyk" && facts.depth === "uchar") return decodeCmyk(file);
  if (facts.space === "grey16" && !(format === "png" && pngColourType(file) === 4)) {
    return decodeGrey16(file);
  }
  const { data, info } = await sharp(file, decodeOptions).raw().toBuffer({
    resolveWithObject: true,
  });
  const samples = { data, channels: info.channels };
  const alpha = isTrueRgba(file, format, facts) ? channelOf(samples, 3) : undefined;
  return { width: info.width, height: info.height, rgb: toRgb(samples), alpha };
}

function isTrueRgba(file: Uint8Array, format: InputFormat, facts: Metadata): boolean {
  if (!facts.hasAlpha || facts.channels !== 4) return false;
  if (format === "png") return pngColourType(file) === 6;
  return format === "webp" || format === "tiff" || format === "avif";
}

async function decodeCmyk(file: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file, decodeOptions)
    .pipelineColourspace("cmyk")
    .toColourspace("cmyk")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const inks = info.channels === 4 ? data : inksOf(data, info.channels);
  return { width: info.width, height: info.height, rgb: cmykToRgb(inks), alpha: undefined };
}

/** The four inks without the channels behind them. */
function inksOf(data: Uint8Array, channels: number): Uint8Array {
  const inks = new Uint8Array((data.length / channels) * 4);
  for (let from = 0, to = 0; to < inks.length; from += channels, to += 4) {
    inks.set(data.subarray(from, from + 4), to);
  }
  return inks;
}

async function decodeGrey16(file: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file, decodeOptions)
    .toColourspace("grey16")
    .extractChannel(0)
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const grey = new Uint16Array(new Uint8Array(data).buffer);
  return { width: info.width, height: info.height, rgb: clippedGreyToRgb(grey), alpha: undefined };
}
