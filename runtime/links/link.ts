// Everything between this node and one other, by name. Pure: events in, effects into a sink.
//
//              this node                                the peer
//     send -> Outbound =====  its connection  =====> Inbound -> deliver
//  deliver <- Inbound  <===== its connection  =====  Outbound <- send
//
// The link decides together for both halves which process of that name lives. It is down when no
// link to it could be made for `downAfterMs`, when nothing was heard of it for a little longer, when
// it said goodbye, or when a newer process of that name shows up. Down is for good.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { encodeFrame } from "#protocols/frame-layout.ts";
import type { FrameOf, ReplyFrame, StreamFrame } from "#protocols/frames.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import { DialDialogue } from "./dial-dialogue.ts";
import { type DeskOptions, GreetingDesk } from "./greeting-desk.ts";
import { Inbound } from "./inbound.ts";
import type { LinkSink, Route } from "./link-sink.ts";
import type { InboundCounts, LinkStatistics } from "./link-statistics.ts";
import { Outbound, type OutboundOptions } from "./outbound.ts";
import { PeerLives } from "./peer-lives.ts";

export interface LinkOptions extends OutboundOptions, DeskOptions {
  readonly peerName: string;
  readonly address: string;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #sink: LinkSink;
  readonly #lives: PeerLives;
  readonly #outbound: Outbound;
  readonly #counts: InboundCounts = {
    messagesReceived: 0,
    repeatsDropped: 0,
    gapsDropped: 0,
    framesRefused: 0,
  };
  readonly #desk: GreetingDesk;
  readonly #dialogue: DialDialogue;
  #inbound: Inbound | undefined;
  /** By which the peer proved itself when it last greeted. */
  #key: string | undefined;
  #isLeaving = false;
  #hasLeft = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#sink = options.sink;
    this.#outbound = new Outbound(options, options.address);
    this.#lives = new PeerLives(options.timing);
    this.#desk = new GreetingDesk(options);
    this.#dialogue = new DialDialogue(options, {
      outbound: this.#outbound,
      lives: this.#lives,
      adopt: (incarnation, nowMs) => this.#adopt(incarnation, nowMs),
      declareDown: (incarnation, reason, nowMs) => this.#declareDown(incarnation, reason, nowMs),
      giveUpAnybody: () => {
        const lost = this.#outbound.abandon(0);
        if (lost.length > 0) this.#reportDown(0, lost);
      },
    });
  }

  /** The session that the peer may use; 0 for none. */
  get inboundSession(): number {
    return this.#inbound?.session ?? 0;
  }

  /** Whether nothing waits to be sent or acknowledged. */
  get isDrained(): boolean {
    return !this.#outbound.hasWork;
  }

  /** Whether nobody is there and nothing to say: forgetting the link loses nothing. */
  get isIdle(): boolean {
    return this.#lives.current === 0 && this.isDrained && this.#outbound.state === "idle";
  }

  /** Whether the peer knows that this node leaves, or cannot be told. */
  get hasLeft(): boolean {
    return this.#hasLeft || (this.#outbound.state !== "open" && this.#inbound === undefined);
  }

  get statistics(): LinkStatistics {
    return {
      peer: this.#node(this.#lives.current),
      state: this.#outbound.state,
      ...this.#outbound.counts,
      ...this.#counts,
      messagesKept: this.#inbound?.waiting ?? 0,
    };
  }

  /** Fails with `invalid` when the envelope holds what cannot travel. `flush` must follow. */
  send(incarnation: number, envelope: Envelope): SendOutcome {
    if (incarnation !== 0 && this.#lives.judge(incarnation) === "gone") return "node_down";
    return this.#outbound.send(incarnation, envelope);
  }

  flush(nowMs: number): void {
    this.#outbound.flush(nowMs);
  }

  writable(): void {
    this.#outbound.writable();
  }

  /** Actors have taken so many messages of the peer that the engine had kept. */
  released(messages: number, bytes: number, nowMs: number): void {
    this.#inbound?.released(messages, bytes, nowMs);
  }

  connected(nowMs: number): void {
    this.#outbound.connected(nowMs);
  }

  disconnected(nowMs: number): void {
    this.#outbound.disconnected(nowMs);
  }

  /** A frame that came back on the dialled connection. */
  returned(frame: ReplyFrame, nowMs: number): void {
    if (frame.session !== this.#outbound.session) return;
    switch (frame.kind) {
      case "welcome":
        this.#dialogue.welcomed(frame, nowMs);
        return;
      case "ack":
        if (this.#outbound.state !== "open") return;
        this.#lives.heard(nowMs);
        this.#outbound.acknowledged(frame, nowMs);
        return;
      case "challenge":
        this.#dialogue.challenged(frame, nowMs);
        return;
      case "refuse":
        this.#dialogue.refused(frame, nowMs);
        return;
      case "goodbye":
        this.#saidGoodbye(nowMs);
        return;
      case "unknown":
        this.#hasLeft = this.#isLeaving;
        if (this.#isLeaving || this.#outbound.state !== "open") return;
        this.#outbound.greet(nowMs);
        return;
      default:
        frame satisfies never;
    }
  }

  /** A greeting on an incoming connection. */
  greeted(route: Route, hello: FrameOf<"hello">, nowMs: number): void {
    const greeting = { route, hello };
    const { incarnation } = hello.node;
    const life = this.#lives.judge(incarnation);
    const admitted = this.#desk.admit(greeting, { life, session: this.inboundSession }, nowMs);
    if (admitted === undefined) return;
    if (life === "newer") this.#adopt(incarnation, nowMs);
    this.#lives.heard(nowMs);
    if (admitted.session === "fresh") {
      const { codec, buggify } = this.#options;
      const parts = { codec, buggify, sink: this.#sink, counts: this.#counts };
      this.#inbound = new Inbound(hello, route, parts);
    }
    this.#key = admitted.key;
    this.#inbound?.reroute(route);
    if (this.#inbound) this.#desk.welcome(greeting, this.#inbound.received);
    this.#sink.introduced(hello.node, hello.introduction);
    this.#outbound.redirect(hello.address, nowMs);
  }

  /** The key by which it proved itself speaks for the peer no more: it has to greet anew. */
  revoked(keys: ReadonlySet<string>, nowMs: number): void {
    if (this.#key === undefined || !keys.has(this.#key)) return;
    this.#declareDown(this.#lives.current, "its key was revoked", nowMs);
  }

  /** That life and those before it are over, whatever the link sees. */
  quarantine(incarnation: number, reason: string, nowMs: number): void {
    for (const life of [this.#lives.current, incarnation]) {
      if (life <= incarnation) this.#declareDown(life, reason, nowMs);
    }
    this.#lives.endThrough(incarnation);
    if (this.isDrained && this.#outbound.state === "dialing") this.#outbound.pause(nowMs);
  }

  /** Any other frame on an incoming connection; its session is `inboundSession`. */
  heard(route: Route, frame: StreamFrame, parts: readonly Buffer[], nowMs: number): void {
    const inbound = this.#inbound;
    if (inbound === undefined || inbound.session !== frame.session) return;
    this.#lives.heard(nowMs);
    if (!inbound.isFrom(route)) {
      // A late greeting of an older connection may have come last: who speaks here greets again.
      this.#sink.answer(route, encodeFrame({ kind: "unknown", session: frame.session }));
      return;
    }
    switch (frame.kind) {
      case "batch":
      case "chunk":
        // Who leaves takes nothing more: what is not acknowledged, its sender knows as lost.
        if (this.#isLeaving || inbound.took(frame, parts, nowMs)) return;
        this.#declareDown(inbound.node.incarnation, "it sends what cannot be taken", nowMs);
        return;
      case "ping":
        inbound.pinged(frame, nowMs);
        return;
      case "goodbye":
        this.#saidGoodbye(nowMs);
        return;
      case "refuse":
        this.#dialogue.refused(frame, nowMs);
        return;
      default:
        frame satisfies never;
    }
  }

  /** Looks what is due. `lateMs`: for how long this process was not able to look. */
  tick(nowMs: number, lateMs: number): void {
    if (lateMs > 0) {
      this.#lives.excuse(lateMs);
      this.#outbound.excuse(lateMs);
    }
    const doubt = this.#lives.doubt(nowMs, this.#outbound.brokenMs);
    if (doubt !== undefined) {
      this.#lives.seek(this.#options.self, this.#options.peerName, nowMs);
      this.#declareDown(this.#lives.current, doubt, nowMs);
    }
    this.#expire(nowMs);
    if (this.#inbound && this.#inbound.ackDueMs <= nowMs) this.#inbound.acknowledge(nowMs);
    this.#outbound.tick(nowMs, this.#lives.isWanted(nowMs) ? "always" : "if-needed");
  }

  /** When `tick` must come next; Infinity when nothing can become due by itself. */
  dueMs(nowMs: number): number {
    const isQuiet = this.isIdle && !this.#lives.isWanted(nowMs);
    const look = isQuiet ? Number.POSITIVE_INFINITY : nowMs + this.#options.timing.tickMs;
    return Math.min(look, this.#inbound?.ackDueMs ?? look);
  }

  /** Asks for an acknowledgement of everything, so that draining ends early. */
  hasten(nowMs: number): void {
    if (this.#outbound.state === "open") this.#outbound.ping(nowMs);
  }

  /** Tells the peer that this process ends, after what it still has to know. */
  leave(nowMs: number): void {
    this.#isLeaving = true;
    // On the connection on which acknowledgements go, so that the farewell comes after them.
    if (this.#inbound) this.#inbound.leave(nowMs);
    else this.#outbound.sayGoodbye();
  }

  #saidGoodbye(nowMs: number): void {
    this.#hasLeft = true;
    this.#inbound?.leave(nowMs);
    this.#declareDown(this.#lives.current, "it said goodbye", nowMs);
  }

  #adopt(incarnation: number, nowMs: number): void {
    this.#declareDown(this.#lives.current, "a newer process has its name", nowMs);
    this.#lives.adopt(incarnation, nowMs);
    this.#sink.up(this.#node(incarnation));
  }

  #declareDown(incarnation: number, reason: string, nowMs: number): void {
    if (this.#lives.isGone(incarnation)) return;
    const wasBound = this.#outbound.boundTo === incarnation;
    const lost = this.#outbound.abandon(incarnation);
    this.#lives.bury(incarnation);
    if (this.#inbound?.node.incarnation === incarnation) this.#inbound = undefined;
    if (wasBound) this.#outbound.pause(nowMs);
    const node = this.#node(incarnation);
    const level = this.#hasLeft ? "info" : "warn";
    this.#sink.log(level, `${formatNode(node)} is down: ${reason}`, { batchesLost: lost.length });
    this.#reportDown(incarnation, lost);
  }

  #expire(nowMs: number): void {
    for (const [incarnation, lost] of this.#outbound.expired(nowMs, this.#lives.current)) {
      if (incarnation !== 0) this.#lives.missed(incarnation, nowMs);
      this.#reportDown(incarnation, lost);
    }
  }

  #reportDown(incarnation: number, lost: readonly EncodedBatch[]): void {
    const { codec } = this.#options;
    this.#sink.down(
      this.#node(incarnation),
      lost.flatMap((batch) => codec.decode(batch)),
    );
  }

  #node(incarnation: number): NodeId {
    return { name: this.#options.peerName, incarnation };
  }
}
