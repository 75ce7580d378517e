// The sending half of a link: a connection, the session on it, and what waits for either. Pure.
//
//            dial            connected           welcome
//   idle ----------> dialing ---------> greeting ---------> open
//     ^                ^------ lost connection, no answer ---+
//     '---- refused, given up, nothing to say any more ------'
//
// A session ends only with the incarnation it belongs to; connections come and go under it.
import type { NodeId } from "#protocols/address.ts";
import type { Codec, EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { encodeFrame, type FrameOf } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { protocolVersion } from "#protocols/version.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import { Batcher } from "./batcher.ts";
import type { LinkSink } from "./link-sink.ts";
import type { OutboundCounts } from "./link-statistics.ts";
import type { LinkTiming } from "./link-timing.ts";
import { ResendBuffer } from "./resend-buffer.ts";

export type OutboundState = "idle" | "dialing" | "greeting" | "open";

export interface OutboundOptions {
  readonly self: NodeId;
  /** Where this node listens, as peers should dial it. */
  readonly listenAddress: () => string;
  readonly codec: Codec;
  readonly sink: LinkSink;
  /** A number that no other session has, from 1 to 2^53 - 1. */
  readonly newSession: () => number;
  readonly timing: LinkTiming;
  /** Asked for rare choices in a simulation; elsewhere there is none. */
  readonly buggify?: Buggify;
}

export class Outbound {
  readonly #options: OutboundOptions;
  readonly #batcher: Batcher;
  #address: string;
  #state: OutboundState = "idle";
  #sent: ResendBuffer;
  /** The incarnation that the session belongs to; 0 before its first welcome. */
  #boundTo = 0;
  /** Whether the connection takes further batches. */
  #isClear = false;
  /** Since when the state is not open. */
  #brokenMs = 0;
  #dialledMs = 0;
  #dialNotBeforeMs = Number.NEGATIVE_INFINITY;
  #greetedMs = 0;
  #pingedMs = 0;
  #answeredMs = 0;
  #resentBefore = 0;
  #messagesSent = 0;
  #connections = 0;

  constructor(options: OutboundOptions, address: string) {
    this.#options = options;
    this.#batcher = new Batcher(options.codec);
    this.#address = address;
    this.#sent = new ResendBuffer(options.newSession());
  }

  get state(): OutboundState {
    return this.#state;
  }

  /** Since when there is no link; undefined while it is open. */
  get brokenMs(): number | undefined {
    return this.#state === "open" ? undefined : this.#brokenMs;
  }

  get boundTo(): number {
    return this.#boundTo;
  }

  get session(): number {
    return this.#sent.session;
  }

  get hasWork(): boolean {
    return this.#sent.messages + this.#batcher.messages > 0;
  }

  get counts(): OutboundCounts {
    return {
      messagesSent: this.#messagesSent,
      messagesResent: this.#resentBefore + this.#sent.resent,
      messagesWaiting: this.#sent.messages + this.#batcher.messages,
      bytesWaiting: this.#sent.bytes + this.#batcher.bytes,
      connections: this.#connections,
    };
  }

  /** Encodes and keeps the envelope. `incarnation` 0: for whichever process bears the name. */
  send(incarnation: number, envelope: Envelope): SendOutcome {
    if (this.#sent.messages + this.#batcher.messages >= limits.linkMessagesMax) return "link_full";
    if (this.#sent.bytes + this.#batcher.bytes >= limits.linkBytesMax) return "link_full";
    const wanted = incarnation === 0 && this.#state === "open" ? this.#boundTo : incarnation;
    const outcome = this.#batcher.add(wanted, envelope);
    if (outcome !== "added") return outcome;
    this.#messagesSent++;
    if (this.#isWhim("link.batch-of-one")) this.#batcher.close();
    if (this.#batcher.hasClosed) this.#pump();
    return "accepted";
  }

  /** At the end of a turn: what was gathered goes out, unless the connection is behind. */
  flush(nowMs: number): void {
    if (this.#state === "idle") this.dial(nowMs);
    if (this.#state !== "open" || !this.#isClear) return;
    this.#batcher.close();
    this.#pump();
  }

  writable(): void {
    this.#isClear = true;
    if (this.#state !== "open") return;
    this.#pump();
    if (!this.#isClear) return;
    this.#batcher.close();
    this.#pump();
  }

  dial(nowMs: number): void {
    if (nowMs < this.#dialNotBeforeMs) return;
    this.#leave("dialing", nowMs);
    this.#dialledMs = nowMs;
    this.#options.sink.dial(this.#address);
  }

  /** Dials at once, whatever pause was agreed. */
  redial(nowMs: number): void {
    this.#dialNotBeforeMs = Number.NEGATIVE_INFINITY;
    this.dial(nowMs);
  }

  /** Where the peer says it listens; a new address is dialled at once. */
  redirect(address: string, nowMs: number): void {
    if (address === this.#address && this.#state !== "idle") return;
    this.#address = address;
    this.redial(nowMs);
  }

  /** The connection broke: dials anew, but not in a tight loop. */
  disconnected(nowMs: number): void {
    if (nowMs - this.#dialledMs >= linkLimits.redialMsMin) this.dial(nowMs);
    else this.pause(nowMs, linkLimits.redialMsMin);
  }

  /** Gives up the connection; dials again not before the pause is over. */
  pause(nowMs: number, pauseMs: number = this.#options.timing.greetingMs): void {
    this.#leave("idle", nowMs);
    this.#isClear = false;
    this.#dialNotBeforeMs = nowMs + pauseMs;
    this.#options.sink.hangUp();
  }

  connected(nowMs: number): void {
    this.#connections++;
    this.#isClear = true;
    this.greet(nowMs);
  }

  greet(nowMs: number): void {
    this.#leave("greeting", nowMs);
    this.#greetedMs = nowMs;
    this.#transmit(
      encodeFrame({
        kind: "hello",
        session: this.#sent.session,
        firstSequence: this.#sent.firstSequence,
        version: protocolVersion,
        node: this.#options.self,
        address: this.#options.listenAddress(),
        wanted: this.#boundTo,
      }),
    );
  }

  /** The peer knows the session and has it up to `acknowledged`. */
  open(incarnation: number, acknowledged: number, nowMs: number): void {
    this.#state = "open";
    this.#boundTo = incarnation;
    this.#answeredMs = nowMs;
    this.#pingedMs = nowMs;
    this.#sent.acknowledge(acknowledged);
    this.#sent.rewind();
    this.#batcher.close();
    this.#pump();
  }

  acknowledged(ack: FrameOf<"ack">, nowMs: number): void {
    this.#answeredMs = nowMs;
    if (!this.#sent.acknowledge(ack.acknowledged)) {
      this.#options.sink.log("warn", "the peer acknowledges what was never sent; ignored");
    } else if (ack.isGap || this.#isWhim("link.resend-early")) this.#sent.rewind();
    this.#pump();
  }

  ping(nowMs: number): void {
    this.#pingedMs = nowMs;
    const { session, nextSequence } = this.#sent;
    this.#transmit(encodeFrame({ kind: "ping", session, nextSequence }));
  }

  sayGoodbye(): void {
    if (this.#state !== "open") return;
    this.#transmit(encodeFrame({ kind: "goodbye", session: this.#sent.session }));
  }

  refuse(reason: "quarantined", text: string): void {
    const { self } = this.#options;
    const session = this.#sent.session;
    this.#transmit(encodeFrame({ kind: "refuse", session, reason, node: self, text }));
  }

  /** What was sent or meant for that incarnation and is not acknowledged. A new session begins. */
  abandon(incarnation: number): readonly EncodedBatch[] {
    const waiting = this.#batcher.abandon(incarnation);
    if (this.#boundTo !== incarnation) return waiting;
    const sent = this.#sent.remaining();
    this.#resentBefore += this.#sent.resent;
    this.#sent = new ResendBuffer(this.#options.newSession());
    this.#boundTo = 0;
    return [...sent, ...waiting];
  }

  /** What waited too long for a process that is not there, by incarnation; `live` waits on. */
  expired(nowMs: number, live: number): ReadonlyMap<number, readonly EncodedBatch[]> {
    const isOpen = this.#state === "open";
    if (!isOpen) this.#batcher.close();
    const { downAfterMs } = this.#options.timing;
    return this.#batcher.expired(nowMs, downAfterMs, (incarnation) =>
      incarnation === 0 ? isOpen : incarnation === live,
    );
  }

  /** Looks after the connection: dials, greets and pings when it is time. */
  tick(nowMs: number, contact: "always" | "if-needed"): void {
    const isWanted = contact === "always" || this.hasWork;
    switch (this.#state) {
      case "idle":
        if (isWanted) this.dial(nowMs);
        return;
      case "dialing":
        if (!isWanted) this.pause(nowMs);
        return;
      case "greeting":
        if (!isWanted) this.pause(nowMs);
        else if (nowMs - this.#dialledMs >= this.#options.timing.greetingsMsMax) this.dial(nowMs);
        else if (nowMs - this.#greetedMs >= this.#options.timing.greetingMs) this.greet(nowMs);
        return;
      case "open":
        if (this.#isWhim("link.redial")) this.dial(nowMs);
        else if (nowMs - this.#answeredMs >= this.#options.timing.answerMsMax) this.dial(nowMs);
        else if (nowMs - this.#pingedMs >= this.#options.timing.pingMs) this.ping(nowMs);
        return;
      default:
        this.#state satisfies never;
    }
  }

  /** This process did not run for so long: its peers' silence meanwhile says nothing. */
  excuse(lateMs: number): void {
    this.#answeredMs += lateMs;
    this.#greetedMs += lateMs;
    this.#dialledMs += lateMs;
    this.#brokenMs += lateMs;
  }

  #leave(next: "idle" | "dialing" | "greeting", nowMs: number): void {
    if (this.#state === "open") this.#brokenMs = nowMs;
    this.#state = next;
  }

  #isWhim = (label: string): boolean => this.#options.buggify?.(label, 0.05) ?? false;

  #pump(): void {
    if (this.#state !== "open") return;
    while (this.#isClear) {
      let batch = this.#sent.next();
      if (batch === undefined) {
        const encoded = this.#batcher.take(this.#boundTo);
        if (encoded === undefined) return;
        this.#sent.push(encoded);
        batch = this.#sent.next();
      }
      if (batch) this.#isClear = this.#options.sink.transmit(batch.parts);
    }
  }

  #transmit(frame: Uint8Array): void {
    if (!this.#options.sink.transmit([frame])) this.#isClear = false;
  }
}
