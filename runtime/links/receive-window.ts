// The receiving end of a lane: everything once, in sequence, and when to acknowledge it. Pure.
//
// Batches that were delivered already are dropped. After a gap nothing is kept: the sender is asked
// to go back to the first missing message, which is rare enough to be cheaper than a second buffer.
import { linkLimits } from "#protocols/link-limits.ts";

/** `next`: deliver it, but for the first `skip` messages. */
export type WindowVerdict =
  | { readonly kind: "next"; readonly skip: number }
  | { readonly kind: "repeat" }
  | { readonly kind: "gap" };

const whole: WindowVerdict = { kind: "next", skip: 0 };

export class ReceiveWindow {
  readonly #ackBytes: number;
  #delivered = 0;
  #messagesSinceAck = 0;
  #bytesSinceAck = 0;
  #isAckNow = false;
  #ackDueMs = Number.POSITIVE_INFINITY;
  #isGapNoted = false;
  #gapRequestedMs = Number.NEGATIVE_INFINITY;

  constructor(ackBytes: number = linkLimits.ackBytes) {
    this.#ackBytes = ackBytes;
  }

  /** The sequence number up to which everything was delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Milliseconds on the clock at which an acknowledgement is due; Infinity when none is owed. */
  get ackDueMs(): number {
    return this.#isAckNow ? Number.NEGATIVE_INFINITY : this.#ackDueMs;
  }

  judge(firstSequence: number, messages: number, nowMs: number): WindowVerdict {
    const expected = this.#delivered + 1;
    if (firstSequence === expected) return whole;
    if (firstSequence > expected) {
      this.noteGap(nowMs);
      return { kind: "gap" };
    }
    if (firstSequence + messages <= expected) {
      this.#ackBy(nowMs + linkLimits.ackDelayMs);
      return { kind: "repeat" };
    }
    return { kind: "next", skip: expected - firstSequence };
  }

  /** The batch that `judge` called next was delivered. */
  advance(lastSequence: number, bytes: number, nowMs: number): void {
    this.#messagesSinceAck += lastSequence - this.#delivered;
    this.#bytesSinceAck += bytes;
    this.#delivered = lastSequence;
    this.#isGapNoted = false;
    if (this.#messagesSinceAck >= linkLimits.ackMessages || this.#bytesSinceAck >= this.#ackBytes) {
      this.#isAckNow = true;
    } else this.#ackBy(nowMs + linkLimits.ackDelayMs);
  }

  /** Something is missing or unreadable: ask for it, but not again and again. */
  noteGap(nowMs: number): void {
    this.#isGapNoted = true;
    this.#ackBy(Math.max(nowMs, this.#gapRequestedMs + linkLimits.gapRequestMs));
    if (this.#ackDueMs <= nowMs) this.#isAckNow = true;
  }

  /** The sender wants to know where we are. */
  pinged(nextSequence: number, nowMs: number): void {
    if (nextSequence > this.#delivered + 1) this.noteGap(nowMs);
    this.#isAckNow = true;
  }

  /** An acknowledgement goes out at once, whatever it says. */
  hasten(): void {
    this.#isAckNow = true;
  }

  /** What to acknowledge; nothing is owed afterwards. */
  acknowledge(nowMs: number): { readonly acknowledged: number; readonly isGap: boolean } {
    const isGap = this.#isGapNoted && nowMs - this.#gapRequestedMs >= linkLimits.gapRequestMs;
    if (isGap) {
      this.#gapRequestedMs = nowMs;
      this.#isGapNoted = false;
    }
    this.#isAckNow = false;
    this.#ackDueMs = this.#isGapNoted
      ? this.#gapRequestedMs + linkLimits.gapRequestMs
      : Number.POSITIVE_INFINITY;
    this.#messagesSinceAck = 0;
    this.#bytesSinceAck = 0;
    return { acknowledged: this.#delivered, isGap };
  }

  #ackBy(dueMs: number): void {
    this.#ackDueMs = Math.min(this.#ackDueMs, dueMs);
  }
}
