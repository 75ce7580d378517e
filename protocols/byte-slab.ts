// Memory for batches, one behind the other in a larger piece, because one allocation for each batch
// costs more than filling it.
//
//   | batch | batch | open batch ... |            free             |
//                   ^ start          ^ end
//
// What was cut off is never written again: a socket may still be sending it. A piece is freed when
// the last of its batches is.

const sizeMin = 8 * 1024;
const sizeMax = 256 * 1024;
/** Up to this size a loop copies faster than a call does. */
const loopBytesMax = 128;

export class ByteSlab {
  readonly #reserved: number;
  #piece: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** Each batch begins with so many reserved bytes. */
  constructor(reserved: number) {
    this.#reserved = reserved;
  }

  /** Bytes of the open batch, the reserved ones included. */
  get size(): number {
    return Math.max(this.#reserved, this.#end - this.#start);
  }

  /** Hot: W5. Copies `source` from `from` to `to` behind the open batch. */
  append(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    const start = this.#makeRoom(length);
    const piece = this.#piece;
    if (length > loopBytesMax) piece.set(source.subarray(from, to), start);
    else
      for (let index = 0; index < length; index++) piece[start + index] = source[from + index] ?? 0;
    this.#end = start + length;
  }

  /** Ends the open batch. */
  cut(): Buffer {
    if (this.#end === this.#start) this.append(this.#piece, 0, 0);
    const batch = this.#piece.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return batch;
  }

  /** Where the next bytes go, with the reserved ones before them when they are the first. */
  #makeRoom(length: number): number {
    const start = this.#end === this.#start ? this.#end + this.#reserved : this.#end;
    if (start + length <= this.#piece.length) return start;
    const open = this.#piece.subarray(this.#start, this.#end);
    const usual = Math.min(sizeMax, Math.max(sizeMin, this.#piece.length * 2));
    const larger = Buffer.allocUnsafeSlow(Math.max(usual, 2 * (open.length + length), sizeMin));
    open.copy(larger);
    this.#piece = larger;
    this.#end = open.length;
    this.#start = 0;
    return this.#end === 0 ? this.#reserved : this.#end;
  }
}
