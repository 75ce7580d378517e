// Gathers envelopes into batches until they can be sent. Pure.
//
//   add -> [ open batch ] -> close -> [ closed batch, closed batch, ... ] -> take
//
// A batch is meant for one incarnation of the peer, or with 0 for whichever answers. Batches for an
// incarnation that is not there are passed over; the order among the others is kept.
import type { BatchWriter, Codec, EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { limits } from "#protocols/limits.ts";

interface WaitingBatch {
  readonly encoded: EncodedBatch;
  readonly incarnation: number;
  /** When `expired` saw it first. */
  sinceMs: number | undefined;
}

export class Batcher {
  readonly #writer: BatchWriter;
  #incarnation = 0;
  #waiting: WaitingBatch[] = [];
  #messagesWaiting = 0;
  #bytesWaiting = 0;
  #closed = 0;

  constructor(codec: Codec) {
    this.#writer = codec.writer();
  }

  get messages(): number {
    return this.#messagesWaiting + this.#writer.messages;
  }

  get bytes(): number {
    return this.#bytesWaiting + (this.#writer.messages === 0 ? 0 : this.#writer.size);
  }

  /** Batches that were ever closed. */
  get closedCount(): number {
    return this.#closed;
  }

  /** Encodes the envelope. Fails with `invalid` when it holds what cannot travel. */
  add(incarnation: number, envelope: Envelope): "added" | "too_large" {
    if (incarnation !== this.#incarnation) {
      this.close();
      this.#incarnation = incarnation;
    }
    let outcome = this.#writer.add(envelope);
    if (outcome === "closed") {
      this.close();
      outcome = this.#writer.add(envelope);
    }
    if (outcome !== "added") return "too_large";
    if (this.#writer.size >= limits.batchBytesTarget) this.close();
    return "added";
  }

  /** Ends the open batch, unless it is empty. */
  close(): void {
    if (this.#writer.messages === 0) return;
    const encoded = this.#writer.close();
    this.#closed += 1;
    this.#messagesWaiting += encoded.messages;
    this.#bytesWaiting += encoded.size;
    this.#waiting.push({ encoded, incarnation: this.#incarnation, sinceMs: undefined });
  }

  /** The first closed batch that this incarnation may have. */
  peek(incarnation: number): EncodedBatch | undefined {
    const index = this.#indexFor(incarnation);
    return index < 0 ? undefined : this.#waiting[index]?.encoded;
  }

  /** Removes it. */
  take(incarnation: number): EncodedBatch | undefined {
    const index = this.#indexFor(incarnation);
    const [taken] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (taken) this.#discount(taken);
    return taken?.encoded;
  }

  /** Removes every batch that is meant for this incarnation alone. */
  abandon(incarnation: number): readonly EncodedBatch[] {
    this.close();
    return this.#remove((batch) => batch.incarnation === incarnation);
  }

  /** Removes what waits for `timeoutMs` while it may not go, by incarnation. */
  expired(
    nowMs: number,
    timeoutMs: number,
    mayGo: (incarnation: number) => boolean,
  ): ReadonlyMap<number, readonly EncodedBatch[]> {
    const lost = new Map<number, EncodedBatch[]>();
    this.#remove((batch) => {
      if (mayGo(batch.incarnation)) {
        batch.sinceMs = undefined;
        return false;
      }
      batch.sinceMs ??= nowMs;
      if (nowMs - batch.sinceMs < timeoutMs) return false;
      const batches = lost.get(batch.incarnation) ?? [];
      batches.push(batch.encoded);
      lost.set(batch.incarnation, batches);
      return true;
    });
    // A process is given up once, with everything that waits for it, however long that waits.
    for (const [incarnation, batches] of lost) {
      if (incarnation !== 0) batches.push(...this.abandon(incarnation));
    }
    return lost;
  }

  #remove(isMeant: (batch: WaitingBatch) => boolean): readonly EncodedBatch[] {
    if (this.#waiting.length === 0) return [];
    const removed: EncodedBatch[] = [];
    const kept: WaitingBatch[] = [];
    for (const batch of this.#waiting) {
      if (!isMeant(batch)) kept.push(batch);
      else {
        this.#discount(batch);
        removed.push(batch.encoded);
      }
    }
    this.#waiting = kept;
    return removed;
  }

  #indexFor(incarnation: number): number {
    return this.#waiting.findIndex(
      (batch) => batch.incarnation === 0 || batch.incarnation === incarnation,
    );
  }

  #discount(batch: WaitingBatch): void {
    this.#messagesWaiting -= batch.encoded.messages;
    this.#bytesWaiting -= batch.encoded.size;
  }
}
