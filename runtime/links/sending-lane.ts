// The sending end of a lane of messages: what waits, what is on its way, and when the next batch may
// go. Pure.
//
//   add -> [Batcher: gathers, waits] -> numbered -> [ResendBuffer: sent, not acknowledged] -> gone
import type { Codec, EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { sealBatch } from "#protocols/frame-layout.ts";
import type { Lane } from "#protocols/lanes.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { Batcher } from "./batcher.ts";
import type { BulkLane } from "./bulk-lane.ts";
import { encodePayloadTable, type PayloadEntry } from "./payload-table.ts";
import { ResendBuffer } from "./resend-buffer.ts";

/** How far the peer takes messages. */
export interface Credit {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export class SendingLane {
  readonly #name: Exclude<Lane, "bulk">;
  readonly #batcher: Batcher;
  #sent = new ResendBuffer();
  /** Bytes of every batch that was numbered, without what goes in chunks. */
  #bytesNumbered = 0;
  #resentBefore = 0;

  constructor(name: Exclude<Lane, "bulk">, codec: Codec) {
    this.#name = name;
    this.#batcher = new Batcher(codec);
  }

  get messages(): number {
    return this.#sent.messages + this.#batcher.messages;
  }

  get bytes(): number {
    return this.#sent.bytes + this.#batcher.bytes;
  }

  get resent(): number {
    return this.#resentBefore + this.#sent.resent;
  }

  get firstSequence(): number {
    return this.#sent.firstSequence;
  }

  get nextSequence(): number {
    return this.#sent.nextSequence;
  }

  /** Batches that were ever closed. */
  get closedCount(): number {
    return this.#batcher.closedCount;
  }

  /** Encodes the envelope. Fails with `invalid` when it holds what cannot travel. */
  add(incarnation: number, envelope: Envelope): "added" | "too_large" {
    return this.#batcher.add(incarnation, envelope);
  }

  close(): void {
    this.#batcher.close();
  }

  /** The parts of the batch that goes next to this incarnation; undefined when none may go. */
  next(
    session: number,
    terms: { readonly incarnation: number; readonly bulk: BulkLane; readonly credit?: Credit },
  ): readonly Uint8Array[] | undefined {
    const again = this.#sent.next();
    if (again) return again.parts;
    const waiting = this.#batcher.peek(terms.incarnation);
    if (waiting === undefined || !this.#mayGo(waiting, terms)) return undefined;
    this.#batcher.take(terms.incarnation);
    this.#number(session, waiting, terms.bulk);
    return this.#sent.next()?.parts;
  }

  /** False when the number makes no sense. */
  acknowledge(sequence: number): boolean {
    return this.#sent.acknowledge(sequence);
  }

  finished(transfer: number): void {
    this.#sent.finished(transfer);
  }

  rewind(): void {
    this.#sent.rewind();
  }

  /** What was numbered and perhaps never arrived. A new session's numbers begin at 1. */
  restart(): readonly EncodedBatch[] {
    const remaining = this.#sent.remaining();
    this.#resentBefore += this.#sent.resent;
    this.#sent = new ResendBuffer();
    this.#bytesNumbered = 0;
    return remaining;
  }

  /** Removes what waits for this incarnation alone. */
  abandon(incarnation: number): readonly EncodedBatch[] {
    return this.#batcher.abandon(incarnation);
  }

  expired(
    nowMs: number,
    timeoutMs: number,
    mayGo: (incarnation: number) => boolean,
  ): ReadonlyMap<number, readonly EncodedBatch[]> {
    return this.#batcher.expired(nowMs, timeoutMs, mayGo);
  }

  #mayGo(
    batch: EncodedBatch,
    terms: { readonly bulk: BulkLane; readonly credit?: Credit },
  ): boolean {
    const { bulk, credit } = terms;
    const bulkBytes = bulkBytesOf(batch);
    if (bulkBytes > 0 && !bulk.hasRoomFor(bulkBytes)) return false;
    if (credit === undefined) return true;
    const lastSequence = this.#sent.nextSequence + batch.messages - 1;
    const bytes = this.#bytesNumbered + batch.size - bulkBytes;
    return lastSequence <= credit.messagesMax && bytes <= credit.bytesMax;
  }

  #number(session: number, encoded: EncodedBatch, bulk: BulkLane): void {
    const { bytes, payloads, messages, size } = encoded;
    const firstSequence = this.#sent.nextSequence;
    const parts: Uint8Array[] = [];
    const entries: PayloadEntry[] = [];
    let lastTransfer: number | undefined;
    for (const payload of payloads) {
      const isBulk = payload.byteLength >= linkLimits.bulkBytesMin;
      if (isBulk) lastTransfer = bulk.add(payload);
      else parts.push(payload);
      const transfer = isBulk ? lastTransfer : 0;
      entries.push({ transfer: transfer ?? 0, size: payload.byteLength });
    }
    const hasTable = lastTransfer !== undefined;
    const lane = this.#name;
    const head = { lane, session, firstSequence, messages, payloads: payloads.length, hasTable };
    if (hasTable) parts.unshift(encodePayloadTable(entries));
    sealBatch(bytes, head, parts);
    this.#bytesNumbered += size - bulkBytesOf(encoded);
    this.#sent.push({ encoded, firstSequence, lastTransfer, parts: [bytes, ...parts] });
  }
}

const bulkBytesOf = ({ payloads }: EncodedBatch): number => {
  let bytes = 0;
  for (const { byteLength } of payloads) {
    if (byteLength >= linkLimits.bulkBytesMin) bytes += byteLength;
  }
  return bytes;
};
