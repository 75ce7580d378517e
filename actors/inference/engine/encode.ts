// Writes the repaired pixels as a file, the way Pillow would: JPEG with 4:2:0 chroma, PNG and TIFF
// without loss, GIF with a palette of its own. No colour profile is attached.
import sharp from "sharp";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { withAlpha } from "./channels.ts";
import { uprightExif } from "./exif.ts";
import { embedExif } from "./exif-embedding.ts";
import { hasAlphaChannel, type OutputFormat } from "./image-format.ts";
import { type PngChunk, withPngChunk } from "./png-chunk.ts";

export interface EncodeRequest {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  readonly alpha: Uint8Array | undefined;
  readonly format: OutputFormat;
  /** 1 to 100; of JPEG and WebP. */
  readonly quality: number;
  /** The input's EXIF block; written back with an upright orientation. */
  readonly exif: Uint8Array | undefined;
  /** The input's; written back into a PNG. */
  readonly pngParameters: PngChunk | undefined;
}

/** Fails with `too_large` when the file would not fit into a reply. */
export async function encodeImage(request: EncodeRequest): Promise<Uint8Array> {
  const { format, pngParameters } = request;
  const plain = await encodePixels(request);
  const told = format === "png" && pngParameters ? withPngChunk(plain, pngParameters) : plain;
  const exif = request.exif === undefined ? undefined : uprightExif(request.exif);
  const file = exif === undefined ? told : embedExif(format, told, exif);
  if (file.byteLength <= limits.payloadBytesMax) return file;
  throw new Failure(
    "too_large",
    `the result has ${file.byteLength} bytes as ${format}, ` +
      `at most ${limits.payloadBytesMax} are allowed: send a smaller image, or a JPEG`,
  );
}

function encodePixels(request: EncodeRequest): Promise<Buffer> {
  const { width, height, rgb, format, quality } = request;
  const alpha = hasAlphaChannel(format) ? request.alpha : undefined;
  const image =
    alpha === undefined
      ? sharp(rgb, { raw: { width, height, channels: 3 } })
      : sharp(withAlpha(rgb, alpha), { raw: { width, height, channels: 4 } });
  switch (format) {
    case "jpeg":
      return image.jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();
    case "png":
      return image.png({ palette: false }).toBuffer();
    case "webp":
      return image.webp({ quality }).toBuffer();
    case "gif":
      // Without dithering, an image of at most 256 colours comes back unchanged.
      return image.gif({ dither: 0 }).toBuffer();
    case "tiff":
      return image.tiff({ compression: "lzw", predictor: "horizontal" }).toBuffer();
    default:
      return format satisfies never;
  }
}
