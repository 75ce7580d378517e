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
import { encodeFrame } from "#protocols/frame-layout.ts";
import type { FrameOf } from "#protocols/frames.ts";
import { laneOf, type PerLane } from "#protocols/lanes.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { protocolVersion, protocolVersionMin } from "#protocols/version.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import type { LinkSink } from "./link-sink.ts";
import type { OutboundCounts } from "./link-statistics.ts";
import type { LinkTiming } from "./link-timing.ts";
import { noProof, type ProofOfIdentity } from "./node-identity.ts";
import { SendingLanes } from "./sending-lanes.ts";

export type OutboundState = "idle" | "dialing" | "greeting" | "open";

export interface OutboundOptions {
  readonly self: NodeId;
  /** The name of this node's cluster; empty for none. */
  readonly cluster: string;
  /** Where this node listens, as peers should dial it. */
  readonly listenAddress: () => string;
  readonly codec: Codec;
  readonly sink: LinkSink;
  readonly introduction: () => Uint8Array;
  /** A number that no other session has, from 1 to 2^53 - 1. */
  readonly newSession: () => number;
  readonly timing: LinkTiming;
  /** Asked for rare choices in a simulation; elsewhere there is none. */
  readonly buggify?: Buggify;
}

export class Outbound {
  readonly #options: OutboundOptions;
  readonly #lanes: SendingLanes;
  #address: string;
  #state: OutboundState = "idle";
  /** The incarnation that the session belongs to; 0 before its first welcome. */
  #boundTo = 0;
  /** Whether the connection takes further batches. */
  #isClear = false;
  #isCongested = false;
  /** Since when the state is not open. */
  #brokenMs = 0;
  #dialledMs = 0;
  #dialNotBeforeMs = Number.NEGATIVE_INFINITY;
  #greetedMs = 0;
  #pingedMs = 0;
  #answeredMs = 0;
  #messagesSent = 0;
  #connections = 0;

  constructor(options: OutboundOptions, address: string) {
    this.#options = options;
    this.#lanes = new SendingLanes(options.codec, options.newSession());
    this.#address = address;
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
    return this.#lanes.session;
  }

  get hasWork(): boolean {
    return this.#lanes.hasWork;
  }

  get counts(): OutboundCounts {
    const own = { messagesSent: this.#messagesSent, connections: this.#connections };
    return { ...own, ...this.#lanes.counts };
  }

  /** Hot: W5. Encodes and keeps the envelope. `incarnation` 0: for whichever process bears the name. */
  send(incarnation: number, envelope: Envelope): SendOutcome {
    const lane = laneOf(envelope);
    const { fill } = this.#lanes;
    this.#watchRoom(fill);
    if (lane === "control" ? this.#lanes.isControlFull : fill >= 1) return "link_full";
    const wanted = incarnation === 0 && this.#state === "open" ? this.#boundTo : incarnation;
    const { closedCount } = this.#lanes;
    const outcome = this.#lanes.add(lane, wanted, envelope);
    if (outcome !== "added") return outcome;
    this.#messagesSent++;
    if (this.#isWhim("link.batch-of-one")) this.#lanes.close();
    // What may not go now was looked at before, and is again when that changes.
    if (this.#lanes.closedCount !== closedCount) this.#pump();
    return "accepted";
  }

  /** At the end of a turn: what was gathered goes out, unless the connection is behind. */
  flush(nowMs: number): void {
    if (this.#state === "idle") this.dial(nowMs);
    if (this.#state !== "open" || !this.#isClear) return;
    this.#lanes.close();
    this.#pump();
  }

  writable(): void {
    this.#isClear = true;
    if (this.#state !== "open") return;
    this.#pump();
    if (!this.#isClear) return;
    this.#lanes.close();
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

  /** With the answer to a challenge, when the peer has asked for one. */
  greet(nowMs: number, { nonce, proof }: ProofOfIdentity = noProof): void {
    this.#leave("greeting", nowMs);
    this.#greetedMs = nowMs;
    const { cluster, introduction, listenAddress, self } = this.#options;
    const { first, session } = this.#lanes;
    const hello = encodeFrame({
      ...{ kind: "hello", session, first, node: self, cluster, address: listenAddress() },
      ...{ versionMin: protocolVersionMin, version: protocolVersion, wanted: this.#boundTo },
      ...{ introduction: introduction(), nonce, proof },
    });
    this.#transmit(hello);
  }

  /** The peer knows the session and has each lane up to `acknowledged`. */
  open(incarnation: number, acknowledged: PerLane<number>, nowMs: number): void {
    this.#state = "open";
    this.#boundTo = incarnation;
    this.#answeredMs = nowMs;
    this.#pingedMs = nowMs;
    this.#lanes.resume(acknowledged);
    this.#lanes.close();
    this.#pump();
  }

  acknowledged(ack: FrameOf<"ack">, nowMs: number): void {
    this.#answeredMs = nowMs;
    if (!this.#lanes.acknowledged(ack)) {
      this.#options.sink.log("warn", "the peer acknowledges what was never sent; ignored");
    } else if (this.#isWhim("link.resend-early")) this.#lanes.rewind();
    this.#watchRoom(this.#lanes.fill);
    this.#pump();
  }

  ping(nowMs: number): void {
    this.#pingedMs = nowMs;
    this.#transmit(encodeFrame({ kind: "ping", session: this.session, next: this.#lanes.next }));
  }

  sayGoodbye(): void {
    if (this.#state !== "open") return;
    this.#transmit(encodeFrame({ kind: "goodbye", session: this.session }));
  }

  refuse(reason: "quarantined", text: string): void {
    const { self } = this.#options;
    this.#transmit(
      encodeFrame({ kind: "refuse", session: this.session, reason, node: self, text }),
    );
  }

  /** What was sent or meant for that incarnation and is not acknowledged. A new session begins. */
  abandon(incarnation: number): readonly EncodedBatch[] {
    const isBound = this.#boundTo === incarnation;
    if (isBound) this.#boundTo = 0;
    const session = isBound ? this.#options.newSession() : undefined;
    const lost = this.#lanes.abandon(incarnation, session);
    this.#watchRoom(this.#lanes.fill);
    return lost;
  }

  /** What waited too long for a process that is not there, by incarnation; `live` waits on. */
  expired(nowMs: number, live: number): ReadonlyMap<number, readonly EncodedBatch[]> {
    const isOpen = this.#state === "open";
    if (!isOpen) this.#lanes.close();
    const { downAfterMs } = this.#options.timing;
    return this.#lanes.expired(nowMs, downAfterMs, (incarnation) =>
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

  /** Senders should hold on from half of what the link takes, until a quarter is left. */
  #watchRoom(fill: number): void {
    const isCongested = fill >= (this.#isCongested ? 0.25 : 0.5);
    if (isCongested === this.#isCongested) return;
    this.#isCongested = isCongested;
    this.#options.sink.congested(isCongested);
  }

  #pump(): void {
    if (this.#state !== "open") return;
    while (this.#isClear) {
      const parts = this.#lanes.take(this.#boundTo);
      if (parts === undefined) return;
      this.#isClear = this.#options.sink.transmit(parts);
    }
  }

  #transmit(frame: Uint8Array): void {
    if (!this.#options.sink.transmit([frame])) this.#isClear = false;
  }
}
