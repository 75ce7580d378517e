// The receiving half of a link: one session of the peer, delivered in sequence. Pure.
import type { NodeId } from "#protocols/address.ts";
import type { Codec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { encodeFrame, type FrameOf } from "#protocols/frames.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { LinkSink, Route } from "./link-sink.ts";
import type { InboundCounts } from "./link-statistics.ts";
import { ReceiveWindow } from "./receive-window.ts";

export interface InboundParts {
  readonly codec: Codec;
  readonly sink: LinkSink;
  readonly counts: InboundCounts;
  readonly buggify: Buggify | undefined;
}

export class Inbound {
  readonly node: NodeId;
  readonly session: number;
  readonly #codec: Codec;
  readonly #sink: LinkSink;
  readonly #counts: InboundCounts;
  readonly #buggify: Buggify | undefined;
  readonly #window = new ReceiveWindow();
  #route: Route;
  /** How often the next batch arrived unreadable. */
  #unreadable = 0;

  constructor(hello: FrameOf<"hello">, route: Route, parts: InboundParts) {
    this.node = hello.node;
    this.session = hello.session;
    this.#route = route;
    this.#codec = parts.codec;
    this.#sink = parts.sink;
    this.#counts = parts.counts;
    this.#buggify = parts.buggify;
  }

  get ackDueMs(): number {
    return this.#window.ackDueMs;
  }

  /** The peer came back on another connection, or for the first time. */
  welcome(route: Route, self: NodeId): void {
    this.#route = route;
    const acknowledged = this.#window.delivered;
    this.#answer(encodeFrame({ kind: "welcome", session: this.session, acknowledged, node: self }));
  }

  /** The last words on this session: what was delivered, and goodbye. */
  leave(nowMs: number): void {
    this.acknowledge(nowMs);
    this.#answer(encodeFrame({ kind: "goodbye", session: this.session }));
  }

  pinged(route: Route, nextSequence: number, nowMs: number): void {
    this.#route = route;
    this.#window.pinged(nextSequence, nowMs);
    this.acknowledge(nowMs);
  }

  /** False when the peer keeps sending what cannot be read: it must not be trusted any longer. */
  received(
    route: Route,
    batch: FrameOf<"batch">,
    parts: readonly Buffer[],
    nowMs: number,
  ): boolean {
    this.#route = route;
    if (this.#buggify?.("link.batch-lost", 0.02)) return true;
    const verdict = this.#window.judge(batch.firstSequence, batch.messages, nowMs);
    switch (verdict.kind) {
      case "repeat":
        this.#counts.repeatsDropped += batch.messages;
        break;
      case "gap":
        this.#counts.gapsDropped += batch.messages;
        break;
      case "next":
        return this.#deliver(batch, verdict.skip, parts, nowMs);
      default:
        verdict satisfies never;
    }
    if (this.#window.ackDueMs <= nowMs) this.acknowledge(nowMs);
    return true;
  }

  acknowledge(nowMs: number): void {
    const state = this.#window.acknowledge(nowMs);
    this.#answer(encodeFrame({ kind: "ack", session: this.session, ...state }));
  }

  #answer(frame: Uint8Array): void {
    this.#sink.answer(this.#route, frame);
  }

  #deliver(
    batch: FrameOf<"batch">,
    skip: number,
    parts: readonly Buffer[],
    nowMs: number,
  ): boolean {
    const envelopes = this.#decode(batch, parts);
    if (envelopes === undefined) {
      this.#unreadable++;
      this.#counts.batchesRefused++;
      this.#window.noteGap(nowMs);
      if (this.#window.ackDueMs <= nowMs) this.acknowledge(nowMs);
      return this.#unreadable < linkLimits.unreadableMax;
    }
    this.#unreadable = 0;
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.#window.advance(batch.firstSequence + batch.messages - 1, bytes, nowMs);
    const isHasty = this.#buggify?.("link.ack-at-once") ?? false;
    if (isHasty || this.#window.ackDueMs <= nowMs) this.acknowledge(nowMs);
    this.#counts.messagesReceived += batch.messages - skip;
    for (let index = skip; index < envelopes.length; index++) {
      const envelope = envelopes[index];
      if (envelope) this.#sink.deliver(this.node, envelope);
    }
    return true;
  }

  #decode(batch: FrameOf<"batch">, parts: readonly Buffer[]): readonly Envelope[] | undefined {
    const [bytes, ...payloads] = parts;
    try {
      if (bytes === undefined || payloads.length !== batch.payloads) {
        throw new Failure("invalid", `a batch announces ${batch.payloads} payloads`);
      }
      return this.#codec.decode({ bytes, payloads, messages: batch.messages });
    } catch (cause) {
      const { code, detail } = Failure.of(cause, "invalid");
      this.#sink.log("warn", `refused a batch of ${this.node.name}: ${detail}`, { code });
      return undefined;
    }
  }
}
