// Writes an animation as a GIF: each frame with a palette of its own.
import sharp from "sharp";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";

export interface Animation {
  readonly width: number;
  /** Of one frame. */
  readonly height: number;
  readonly frameCount: number;
  /** RGB of the frames, one below the other. */
  readonly data: Uint8Array;
  /** Of each frame; a GIF counts in hundredths of a second. */
  readonly delayMs: number;
}

/** Played for ever. Fails with `too_large` when the file would not fit into a reply. */
export async function encodeGif(animation: Animation): Promise<Uint8Array> {
  const { width, height, frameCount, data, delayMs } = animation;
  const raw = { width, height: height * frameCount, channels: 3, pageHeight: height } as const;
  const file = await sharp(data, { raw, limitInputPixels: false })
    .gif({
      ...{ loop: 0, delay: Array<number>(frameCount).fill(delayMs) },
      // More effort takes three times as long, and is hardly seen.
      ...{ effort: 1, dither: 0 },
      // Two equal frames are a pause: they stay two.
      ...{ keepDuplicateFrames: true, interFrameMaxError: 0, interPaletteMaxError: 0 },
    })
    .toBuffer();
  if (file.byteLength <= limits.payloadBytesMax) return file;
  const most = `at most ${limits.payloadBytesMax} are allowed: send a smaller image`;
  throw new Failure("too_large", `the GIF has ${file.byteLength} bytes, ${most}`);
}
