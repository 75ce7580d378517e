// The three lanes of one sending session, and which of them goes next: control before all, then some
// batches of messages for each chunk of bulk. Pure.
import type { Codec, EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { FrameOf } from "#protocols/frames.ts";
import type { Lane, PerLane } from "#protocols/lanes.ts";
import { limits } from "#protocols/limits.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { BulkLane } from "./bulk-lane.ts";
import { firstCredit } from "./credit-grant.ts";
import type { OutboundCounts } from "./link-statistics.ts";
import { type Credit, SendingLane } from "./sending-lane.ts";

type MessageLane = Exclude<Lane, "bulk">;

export class SendingLanes {
  readonly #control: SendingLane;
  readonly #messages: SendingLane;
  #bulk: BulkLane;
  #session: number;
  #credit: Credit = firstCredit;
  #batchesSinceChunk = 0;
  #chunksResentBefore = 0;

  constructor(codec: Codec, session: number) {
    this.#control = new SendingLane("control", codec);
    this.#messages = new SendingLane("messages", codec);
    this.#session = session;
    this.#bulk = new BulkLane(session);
  }

  get session(): number {
    return this.#session;
  }

  get hasWork(): boolean {
    return this.#control.messages + this.#messages.messages + this.#bulk.bytes > 0;
  }

  /** Batches that were ever closed: one more than before may be sent. */
  get closedCount(): number {
    return this.#control.closedCount + this.#messages.closedCount;
  }

  /** How much of the link's bounds is used; from 1 on it is full. */
  get fill(): number {
    const { messages } = this.#messages;
    return Math.max(messages / limits.linkMessagesMax, this.#bytes / limits.linkBytesMax);
  }

  get counts(): Omit<OutboundCounts, "messagesSent" | "connections"> {
    return {
      messagesResent: this.#control.resent + this.#messages.resent,
      chunksResent: this.#chunksResentBefore + this.#bulk.resent,
      messagesWaiting: this.#control.messages + this.#messages.messages,
      bytesWaiting: this.#bytes,
    };
  }

  /** Each lane's lowest number that is not acknowledged. */
  get first(): PerLane<number> {
    return {
      control: this.#control.firstSequence,
      messages: this.#messages.firstSequence,
      bulk: this.#bulk.firstSequence,
    };
  }

  get next(): PerLane<number> {
    return {
      control: this.#control.nextSequence,
      messages: this.#messages.nextSequence,
      bulk: this.#bulk.nextSequence,
    };
  }

  /** Control messages have a bound of their own. */
  get isControlFull(): boolean {
    return this.#control.messages >= limits.linkControlsMax;
  }

  /** Encodes the envelope. Fails with `invalid` when it holds what cannot travel. */
  add(lane: MessageLane, incarnation: number, envelope: Envelope): "added" | "too_large" {
    return this.#of(lane).add(incarnation, envelope);
  }

  close(): void {
    this.#control.close();
    this.#messages.close();
  }

  /** The frame that goes next to this incarnation; undefined when none may go now. */
  take(incarnation: number): readonly Uint8Array[] | undefined {
    const bulk = this.#bulk;
    const control = this.#control.next(this.#session, { incarnation, bulk });
    if (control) return control;
    const isChunksTurn = this.#batchesSinceChunk >= linkLimits.batchesPerChunk;
    const chunk = isChunksTurn ? bulk.next() : undefined;
    if (chunk) return this.#chunk(chunk);
    const credit = this.#credit;
    const batch = this.#messages.next(this.#session, { incarnation, bulk, credit });
    if (batch) {
      this.#batchesSinceChunk++;
      return batch;
    }
    return this.#chunk(bulk.next());
  }

  /** The peer has the session up to here: what is behind it goes again. */
  resume(acknowledged: PerLane<number>): void {
    this.#acknowledge(acknowledged);
    this.rewind();
  }

  /** False when it makes no sense: nobody can have received what was never sent. */
  acknowledged({ acknowledged, gaps, messagesMax, bytesMax }: FrameOf<"ack">): boolean {
    if (!this.#acknowledge(acknowledged)) return false;
    this.#credit = {
      messagesMax: Math.max(this.#credit.messagesMax, messagesMax),
      bytesMax: Math.max(this.#credit.bytesMax, bytesMax),
    };
    if (gaps.control) this.#control.rewind();
    if (gaps.messages) this.#messages.rewind();
    if (gaps.bulk) this.#bulk.rewind();
    return true;
  }

  rewind(): void {
    this.#control.rewind();
    this.#messages.rewind();
    this.#bulk.rewind();
  }

  /** What waits for this incarnation alone; with a new `session` also what the old one had sent. */
  abandon(incarnation: number, session: number | undefined): readonly EncodedBatch[] {
    const waiting = [...this.#control.abandon(incarnation), ...this.#messages.abandon(incarnation)];
    if (session === undefined) return waiting;
    this.#session = session;
    this.#credit = firstCredit;
    this.#chunksResentBefore += this.#bulk.resent;
    this.#bulk = new BulkLane(session);
    return [...this.#control.restart(), ...this.#messages.restart(), ...waiting];
  }

  expired(
    nowMs: number,
    timeoutMs: number,
    mayGo: (incarnation: number) => boolean,
  ): ReadonlyMap<number, readonly EncodedBatch[]> {
    const lost = new Map<number, readonly EncodedBatch[]>();
    const add = (incarnation: number, batches: readonly EncodedBatch[]): void => {
      lost.set(incarnation, [...(lost.get(incarnation) ?? []), ...batches]);
    };
    const lanes = [this.#control, this.#messages];
    for (const lane of lanes) {
      for (const each of lane.expired(nowMs, timeoutMs, mayGo)) add(...each);
    }
    // A process is given up once, with everything that waits for it in either lane.
    for (const incarnation of [...lost.keys()]) {
      if (incarnation === 0) continue;
      for (const lane of lanes) add(incarnation, lane.abandon(incarnation));
    }
    return lost;
  }

  get #bytes(): number {
    return this.#control.bytes + this.#messages.bytes + this.#bulk.bytes;
  }

  #of(lane: MessageLane): SendingLane {
    return lane === "control" ? this.#control : this.#messages;
  }

  #chunk(parts: readonly Uint8Array[] | undefined): readonly Uint8Array[] | undefined {
    if (parts) this.#batchesSinceChunk = 0;
    return parts;
  }

  #acknowledge({ control, messages, bulk }: PerLane<number>): boolean {
    const isSensible =
      this.#control.acknowledge(control) &&
      this.#messages.acknowledge(messages) &&
      this.#bulk.acknowledge(bulk);
    this.#control.finished(this.#bulk.finished);
    this.#messages.finished(this.#bulk.finished);
    return isSensible;
  }
}
