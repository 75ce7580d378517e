// The sending end of the bulk lane: byte arrays cut into chunks, a few on their way at a time, so that
// no message waits behind more than those. Pure.
//
//   transfers   |   1   |            2            | 3 |       in the order of the messages they belong to
//   chunks      | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 |
//                 acknowledged ^       ^ cursor
//
// Chunks are numbered through; lost ones are sent again as the batches are (go-back-N). Nothing is
// copied: a chunk is a view of its sender's array.
import { encodeChunk } from "#protocols/frame-layout.ts";
import { linkLimits } from "#protocols/link-limits.ts";

interface Transfer {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly firstSequence: number;
}

const { chunkBytes, chunksInFlightMax } = linkLimits;

const lastSequenceOf = ({ firstSequence, bytes }: Transfer): number =>
  firstSequence + Math.ceil(bytes.byteLength / chunkBytes) - 1;

export class BulkLane {
  readonly #session: number;
  #transfers: Transfer[] = [];
  #lastId = 0;
  #acknowledged = 0;
  #cursor = 1;
  #nextSequence = 1;
  #bytes = 0;
  #sentBefore = 0;
  #resent = 0;

  constructor(session: number) {
    this.#session = session;
  }

  /** Of transfers that are not complete. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The number of the chunk that goes next. Of those that wait for acknowledgements nobody may be told: a peer
   * would take them for lost, and ask for all that is on its way once more.
   */
  get nextSequence(): number {
    return this.#cursor;
  }

  /** The lowest number that is not acknowledged; `nextSequence` when all are. */
  get firstSequence(): number {
    return this.#acknowledged + 1;
  }

  /** Chunks that were sent more than once. */
  get resent(): number {
    return this.#resent;
  }

  /** Whether so many bytes more fit; an array of any size fits into an empty lane. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= linkLimits.bulkBytesMax;
  }

  /** Answers the number of the transfer. The array must not change until it is complete. */
  add(bytes: Uint8Array): number {
    const transfer = { id: ++this.#lastId, bytes, firstSequence: this.#nextSequence };
    this.#transfers.push(transfer);
    this.#bytes += bytes.byteLength;
    this.#nextSequence = lastSequenceOf(transfer) + 1;
    return transfer.id;
  }

  /** The parts of the next chunk; undefined when none may go now. */
  next(): readonly Uint8Array[] | undefined {
    const sequence = this.#cursor;
    if (sequence > this.#acknowledged + chunksInFlightMax) return undefined;
    const transfer = this.#transfers.find((each) => sequence <= lastSequenceOf(each));
    if (transfer === undefined) return undefined;
    this.#cursor++;
    if (sequence <= this.#sentBefore) this.#resent++;
    else this.#sentBefore = sequence;
    const { id, bytes, firstSequence } = transfer;
    const offset = (sequence - firstSequence) * chunkBytes;
    const size = bytes.byteLength;
    const piece = bytes.subarray(offset, Math.min(size, offset + chunkBytes));
    const chunk = { session: this.#session, sequence, transfer: id, size, offset };
    return [encodeChunk(chunk, piece), piece];
  }

  /** False when the number makes no sense. */
  acknowledge(sequence: number): boolean {
    if (sequence > this.#sentBefore) return false;
    if (sequence <= this.#acknowledged) return true;
    this.#acknowledged = sequence;
    this.#cursor = Math.max(this.#cursor, sequence + 1);
    for (;;) {
      const [first] = this.#transfers;
      if (first === undefined || lastSequenceOf(first) > sequence) break;
      this.#transfers.shift();
      this.#bytes -= first.bytes.byteLength;
    }
    return true;
  }

  /** Every transfer up to this one is complete. */
  get finished(): number {
    const [first] = this.#transfers;
    return first === undefined ? this.#lastId : first.id - 1;
  }

  rewind(): void {
    this.#cursor = this.#acknowledged + 1;
  }
}
