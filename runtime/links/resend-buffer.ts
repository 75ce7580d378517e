// The unacknowledged tail of a lane, as encoded batches with their sequence numbers. Pure.
//
//     acknowledged | sent, perhaps lost | not sent again yet |
//                  ^ first              ^ cursor             ^ nextSequence
//
// `rewind` moves the cursor back to the first: everything unacknowledged is sent again in order
// (go-back-N; Tanenbaum, Computer Networks, 3.4.2). A batch's bytes are the same each time.
//
// A batch of which some bytes travel in chunks is kept, though acknowledged, until those are there.
import type { EncodedBatch } from "#protocols/codec.ts";

export interface SequencedBatch {
  readonly encoded: EncodedBatch;
  readonly firstSequence: number;
  /** What goes to the connection: the structured part, then the payloads. */
  readonly parts: readonly Uint8Array[];
  /** The transfer that is the last of its bytes; undefined when all are in the parts. */
  readonly lastTransfer: number | undefined;
}

export class ResendBuffer {
  #batches: SequencedBatch[] = [];
  /** Acknowledged batches at the front of the array that are not cut off yet. */
  #head = 0;
  #cursor = 0;
  #nextSequence = 1;
  #messages = 0;
  #bytes = 0;
  #sentBefore = 0;
  #resent = 0;
  #unfinished: SequencedBatch[] = [];

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** The lowest sequence number that is not acknowledged; `nextSequence` when all are. */
  get firstSequence(): number {
    return this.#batches[this.#head]?.firstSequence ?? this.#nextSequence;
  }

  /** Messages that were sent more than once. */
  get resent(): number {
    return this.#resent;
  }

  push(batch: SequencedBatch): void {
    const { messages, size } = batch.encoded;
    this.#batches.push(batch);
    this.#nextSequence += messages;
    this.#messages += messages;
    this.#bytes += size;
  }

  /** The batch to send now, or undefined when all are on their way. */
  next(): SequencedBatch | undefined {
    const batch = this.#batches[this.#cursor];
    if (batch === undefined) return undefined;
    this.#cursor++;
    const end = batch.firstSequence + batch.encoded.messages;
    if (end <= this.#sentBefore) this.#resent += batch.encoded.messages;
    else this.#sentBefore = end;
    return batch;
  }

  /** False when the number makes no sense: nobody can have received what was never sent. */
  acknowledge(sequence: number): boolean {
    if (sequence >= Math.max(1, this.#sentBefore)) return false;
    for (;;) {
      const batch = this.#batches[this.#head];
      if (batch === undefined) break;
      if (batch.firstSequence + batch.encoded.messages - 1 > sequence) break;
      this.#head++;
      this.#messages -= batch.encoded.messages;
      this.#bytes -= batch.encoded.size;
      if (batch.lastTransfer !== undefined) this.#unfinished.push(batch);
    }
    this.#cursor = Math.max(this.#cursor, this.#head);
    this.#trim();
    return true;
  }

  /** Transfers up to this one are complete where they go. */
  finished(transfer: number): void {
    if (this.#unfinished.length === 0) return;
    this.#unfinished = this.#unfinished.filter(({ lastTransfer = 0 }) => lastTransfer > transfer);
  }

  /** Everything unacknowledged is to be sent again. */
  rewind(): void {
    this.#cursor = this.#head;
  }

  /** Everything that is perhaps not there as a whole, oldest first. */
  remaining(): readonly EncodedBatch[] {
    const unacknowledged = this.#batches.slice(this.#head);
    return [...this.#unfinished, ...unacknowledged].map(({ encoded }) => encoded);
  }

  /** Cuts the acknowledged batches off once they are the larger half: O(1) a batch on average. */
  #trim(): void {
    if (this.#head < 64 || this.#head * 2 < this.#batches.length) {
      if (this.#head < this.#batches.length) return;
    }
    this.#batches = this.#batches.slice(this.#head);
    this.#cursor -= this.#head;
    this.#head = 0;
  }
}
