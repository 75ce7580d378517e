// The unacknowledged tail of a stream, as encoded batches with their sequence numbers. Pure.
//
//     acknowledged | sent, perhaps lost | not sent again yet |
//                  ^ first              ^ cursor             ^ nextSequence
//
// `rewind` moves the cursor back to the first: everything unacknowledged is sent again in order
// (go-back-N; Tanenbaum, Computer Networks, 3.4.2). A batch's bytes are the same each time.
import type { EncodedBatch } from "#protocols/codec.ts";
import { writeBatchHeader } from "#protocols/frames.ts";

export interface SequencedBatch {
  readonly encoded: EncodedBatch;
  readonly firstSequence: number;
  /** What goes to the socket: the structured part, then the payloads. */
  readonly parts: readonly Uint8Array[];
}

export class ResendBuffer {
  readonly #session: number;
  #batches: SequencedBatch[] = [];
  /** Acknowledged batches at the front of the array that are not cut off yet. */
  #head = 0;
  #cursor = 0;
  #nextSequence = 1;
  #messages = 0;
  #bytes = 0;
  #sentBefore = 0;
  #resent = 0;

  constructor(session: number) {
    this.#session = session;
  }

  get session(): number {
    return this.#session;
  }

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

  /** Gives the batch its sequence numbers. */
  push(encoded: EncodedBatch): void {
    const firstSequence = this.#nextSequence;
    const { bytes, payloads, messages } = encoded;
    writeBatchHeader(bytes, {
      session: this.#session,
      firstSequence,
      messages,
      payloads: payloads.length,
    });
    this.#batches.push({ encoded, firstSequence, parts: [bytes, ...payloads] });
    this.#nextSequence += messages;
    this.#messages += messages;
    this.#bytes += encoded.size;
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
    }
    this.#cursor = Math.max(this.#cursor, this.#head);
    this.#trim();
    return true;
  }

  /** Everything unacknowledged is to be sent again. */
  rewind(): void {
    this.#cursor = this.#head;
  }

  /** Everything unacknowledged, oldest first. */
  remaining(): readonly EncodedBatch[] {
    return this.#batches.slice(this.#head).map((batch) => batch.encoded);
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
