// Pure. How the engine process and its owner cut a pipe into frames.
//
//   | header size | payload size | header (JSON, UTF-8) | payload (raw bytes, may be empty) |
//      4 bytes LE     4 bytes LE
//
// Pixels and files travel as payload and are never turned into text. A reader checks both sizes
// against its bounds before it allocates, so that a broken peer cannot make it take memory.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";

export interface Frame {
  /** As parsed: unchecked data. */
  readonly header: unknown;
  readonly payload: Uint8Array;
}

export interface FrameBounds {
  readonly headerBytesMax: number;
  readonly payloadBytesMax: number;
}

/** A request carries the files of a task, such as an image and a mask. */
export const requestBounds: FrameBounds = {
  headerBytesMax: limits.frameBytesMax,
  payloadBytesMax: 2 * limits.imageBytesMax,
};

/** A reply carries one image, or smaller files. */
export const replyBounds: FrameBounds = {
  headerBytesMax: limits.frameBytesMax,
  payloadBytesMax: limits.payloadBytesMax,
};

const leadBytes = 8;

/**
 * The buffers to write, in order. Payloads are passed on uncopied: leave them unchanged until
 * written. Fails with `too_large` when the frame exceeds the reader's bounds.
 */
export function frameParts(
  header: object,
  payloads: readonly Uint8Array[],
  bounds: FrameBounds,
): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header), "utf8");
  const payloadBytes = payloads.reduce((sum, payload) => sum + payload.byteLength, 0);
  refuseBeyond("header", text.byteLength, bounds.headerBytesMax);
  refuseBeyond("payload", payloadBytes, bounds.payloadBytesMax);
  const head = Buffer.allocUnsafe(leadBytes + text.byteLength);
  head.writeUInt32LE(text.byteLength, 0);
  head.writeUInt32LE(payloadBytes, 4);
  head.set(text, leadBytes);
  return [head, ...payloads];
}

function refuseBeyond(part: string, bytes: number, bytesMax: number): void {
  if (bytes <= bytesMax) return;
  throw new Failure("too_large", `the ${part} has ${bytes} bytes, at most ${bytesMax} are allowed`);
}

/** The files of a payload; undefined when their sizes are not those of the payload. */
export function fileParts<File extends { readonly size: number }>(
  files: readonly File[],
  payload: Uint8Array,
): readonly (File & { readonly bytes: Uint8Array })[] | undefined {
  const sum = files.reduce((total, { size }) => total + size, 0);
  if (sum !== payload.byteLength) return undefined;
  let offset = 0;
  return files.map((file) => {
    const bytes = payload.subarray(offset, offset + file.size);
    offset += file.size;
    return { ...file, bytes };
  });
}

type Stage =
  | { readonly kind: "lead" }
  | { readonly kind: "header"; readonly payloadBytes: number }
  | { readonly kind: "payload"; readonly header: unknown };

/** Collects the frames of a byte stream, whatever pieces it arrives in. */
export class FrameReader {
  readonly #bounds: FrameBounds;
  #stage: Stage = { kind: "lead" };
  /** The part under way, and how much of it is there. */
  #part = Buffer.allocUnsafe(leadBytes);
  #filled = 0;

  constructor(bounds: FrameBounds) {
    this.#bounds = bounds;
  }

  /**
   * The frames that this piece completes. Fails with `corrupt` when the stream is not one of
   * frames, or a frame exceeds the bounds; the stream is of no use after that.
   */
  push(piece: Uint8Array): readonly Frame[] {
    const frames: Frame[] = [];
    let offset = 0;
    while (offset < piece.byteLength) {
      const taken = Math.min(piece.byteLength - offset, this.#part.byteLength - this.#filled);
      this.#part.set(piece.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      this.#advance(frames);
    }
    return frames;
  }

  /** Moves on while the part under way is full; an empty payload is full at once. */
  #advance(frames: Frame[]): void {
    while (this.#filled === this.#part.byteLength) {
      const part = this.#part;
      const stage = this.#stage;
      if (stage.kind === "lead") {
        const sizes = this.#sizes(part);
        this.#expect({ kind: "header", payloadBytes: sizes.payloadBytes }, sizes.headerBytes);
      } else if (stage.kind === "header") {
        this.#expect({ kind: "payload", header: parseHeader(part) }, stage.payloadBytes);
      } else {
        frames.push({ header: stage.header, payload: part });
        this.#expect({ kind: "lead" }, leadBytes);
      }
    }
  }

  #sizes(lead: Buffer): { readonly headerBytes: number; readonly payloadBytes: number } {
    const headerBytes = lead.readUInt32LE(0);
    const payloadBytes = lead.readUInt32LE(4);
    const { headerBytesMax, payloadBytesMax } = this.#bounds;
    if (headerBytes > 0 && headerBytes <= headerBytesMax && payloadBytes <= payloadBytesMax) {
      return { headerBytes, payloadBytes };
    }
    throw new Failure(
      "corrupt",
      `a frame claims a header of ${headerBytes} and a payload of ${payloadBytes} bytes; ` +
        `1 to ${headerBytesMax} and at most ${payloadBytesMax} are allowed`,
    );
  }

  #expect(stage: Stage, bytes: number): void {
    this.#stage = stage;
    this.#part = Buffer.allocUnsafe(bytes);
    this.#filled = 0;
  }
}

function parseHeader(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new Failure("corrupt", "a frame's header is not JSON", cause);
  }
}
