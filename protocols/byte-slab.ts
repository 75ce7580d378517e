// Memory for batches, one behind the other in a larger piece, because one allocation for each batch
// costs more than filling it. Whoever writes takes places in it and fills them.
//
//   | batch | batch | open batch ... |            free             |
//                   ^ start          ^ end
//
// What was cut off is never written again: a socket may still be sending it. A piece is freed when
// the last of its batches is.

const sizeMin = 8 * 1024;
const sizeMax = 256 * 1024;

/** Thrown by `take`: the open batch would be larger than a batch may be. */
export class Overfull extends Error {}

export class ByteSlab {
  readonly #reserved: number;
  readonly #batchMax: number;
  #piece: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#piece);
  #start = 0;
  #end = 0;
  /** Where the open batch must end at the latest; 0 while there is none. */
  #limit = 0;

  /** Each batch begins with so many reserved bytes, and has at most `batchMax` with them. */
  constructor(terms: { readonly reserved: number; readonly batchMax: number }) {
    this.#reserved = terms.reserved;
    this.#batchMax = terms.batchMax;
  }

  /** Bytes of the open batch, the reserved ones included. */
  get size(): number {
    return this.#limit === 0 ? this.#reserved : this.#end - this.#start;
  }

  /** Where places are; another after a `take` that needed a larger piece. */
  get bytes(): Buffer {
    return this.#piece;
  }

  /** The same bytes, for numbers of several bytes. */
  get view(): DataView {
    return this.#view;
  }

  /** Hot: W5. The place in `bytes` of so many further bytes. Fails with `Overfull`. */
  take(length: number): number {
    const start = this.#end;
    if (start + length > this.#limit) return this.#takeWithRoom(length);
    this.#end = start + length;
    return start;
  }

  /** Forgets what the open batch has beyond so many bytes. */
  rewind(size: number): void {
    if (this.#limit !== 0) this.#end = this.#start + size;
  }

  /** Ends the open batch. */
  cut(): Buffer {
    if (this.#limit === 0) this.#takeWithRoom(0);
    const batch = this.#piece.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#limit = 0;
    return batch;
  }

  #takeWithRoom(length: number): number {
    const size = this.size;
    if (size + length > this.#batchMax) throw new Overfull("a batch is full");
    if (this.#start + size + length > this.#piece.length) this.#move(size + length);
    this.#limit = Math.min(this.#piece.length, this.#start + this.#batchMax);
    this.#end = this.#start + size + length;
    return this.#end - length;
  }

  /** The open batch goes into a larger piece. */
  #move(needed: number): void {
    const open = this.#piece.subarray(this.#start, this.#end);
    const usual = Math.min(sizeMax, Math.max(sizeMin, this.#piece.length * 2));
    const larger = Buffer.allocUnsafeSlow(Math.max(usual, 2 * needed));
    open.copy(larger);
    this.#piece = larger;
    this.#view = viewOf(larger);
    this.#start = 0;
  }
}

const viewOf = (bytes: Buffer): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
