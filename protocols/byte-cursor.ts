// A position in received bytes. Nothing is read beyond their end, whatever lengths they claim.
import { Failure } from "./failure.ts";
import { RecentTexts } from "./recent-texts.ts";

const noBytes = Buffer.alloc(0);

export class ByteCursor {
  readonly #texts = new RecentTexts();
  #bytes: Buffer = noBytes;
  #view = viewOf(noBytes);
  #position = 0;

  open(bytes: Buffer, position: number): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#position = position;
  }

  release(): void {
    this.open(noBytes, 0);
  }

  /** The bytes underneath, for reads at a position that `take` has given. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#position;
  }

  byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw corrupt("ends too early");
    return byte;
  }

  uint16(): number {
    return this.#view.getUint16(this.take(2));
  }

  uint32(): number {
    return this.#view.getUint32(this.take(4));
  }

  double(): number {
    return this.#view.getFloat64(this.take(8));
  }

  /** The position of the next bytes, which now count as read. */
  take(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) throw corrupt("ends too early");
    this.#position = start + length;
    return start;
  }

  /** `count` again, when that many elements of so many bytes at least can still follow. */
  fitting(count: number, bytesEach: number): number {
    if (count * bytesEach > this.left) throw corrupt("ends too early");
    return count;
  }

  text(length: number): string {
    const start = this.take(length);
    return this.#texts.read(this.#bytes, start, length);
  }
}

/** What is thrown about bytes that no honest peer sends. */
export const corrupt = (detail: string): Failure =>
  new Failure("invalid", `a batch ${detail}: it is refused whole`);

const viewOf = (bytes: Buffer): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
