// The receiving half of a link: one session of the peer, each lane delivered in sequence. Pure.
//
//   batch ─► window of its lane ─► decode ─► hold back, when bytes are missing ─► deliver
//   chunk ─► window of bulk ─────► assembly ──────────┘
import type { NodeId } from "#protocols/address.ts";
import type { Codec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { encodeFrame } from "#protocols/frame-layout.ts";
import type { FrameOf } from "#protocols/frames.ts";
import type { PerLane } from "#protocols/lanes.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import { BulkAssembly } from "./bulk-assembly.ts";
import { CreditGrant } from "./credit-grant.ts";
import { HoldBack } from "./hold-back.ts";
import type { LinkSink, Route } from "./link-sink.ts";
import type { InboundCounts } from "./link-statistics.ts";
import { decodePayloadTable } from "./payload-table.ts";
import { ReceiveWindow } from "./receive-window.ts";

export interface InboundParts {
  readonly codec: Codec;
  readonly sink: LinkSink;
  readonly counts: InboundCounts;
  readonly buggify: Buggify | undefined;
}

/** What a batch holds: its messages, and which of them wait for which transfers. */
interface Contents {
  readonly envelopes: readonly Envelope[];
  readonly payloadsUsed: readonly number[];
  /** Of each payload, 0 when it is there. */
  readonly transfers: readonly number[];
}

const nothingMissing: readonly number[] = [];

export class Inbound {
  readonly node: NodeId;
  readonly session: number;
  readonly #parts: InboundParts;
  readonly #windows: PerLane<ReceiveWindow> = {
    control: new ReceiveWindow(),
    messages: new ReceiveWindow(),
    bulk: new ReceiveWindow(linkLimits.bulkAckBytes),
  };
  readonly #assembly = new BulkAssembly();
  readonly #held = new HoldBack();
  readonly #credit = new CreditGrant();
  #route: Route;
  /** How often the next frame of a lane arrived unreadable. */
  #unreadable = 0;

  constructor(hello: FrameOf<"hello">, route: Route, parts: InboundParts) {
    this.node = hello.node;
    this.session = hello.session;
    this.#route = route;
    this.#parts = parts;
  }

  get ackDueMs(): number {
    const { control, messages, bulk } = this.#windows;
    return Math.min(control.ackDueMs, messages.ackDueMs, bulk.ackDueMs);
  }

  /** Messages that were received and not taken: by an actor, or because bytes are missing. */
  get waiting(): number {
    return this.#credit.kept + this.#held.count;
  }

  /** Up to which numbers each lane was received. */
  get received(): PerLane<number> {
    const { control, messages, bulk } = this.#windows;
    return {
      control: control.delivered,
      messages: messages.delivered,
      bulk: bulk.delivered,
    };
  }

  /** Whether the connection is the one on which the session was greeted last. */
  isFrom(route: Route): boolean {
    return Buffer.compare(route, this.#route) === 0;
  }

  /** The peer came back on another connection. */
  reroute(route: Route): void {
    this.#route = route;
  }

  /** The last words on this session: what was received, and goodbye. */
  leave(nowMs: number): void {
    this.acknowledge(nowMs);
    this.#answer(encodeFrame({ kind: "goodbye", session: this.session }));
  }

  pinged({ next }: FrameOf<"ping">, nowMs: number): void {
    this.#windows.control.pinged(next.control, nowMs);
    this.#windows.messages.pinged(next.messages, nowMs);
    this.#windows.bulk.pinged(next.bulk, nowMs);
    this.acknowledge(nowMs);
  }

  /** False when the peer keeps sending what cannot be read: it must not be trusted any longer. */
  took(
    frame: FrameOf<"batch"> | FrameOf<"chunk">,
    parts: readonly Buffer[],
    nowMs: number,
  ): boolean {
    return frame.kind === "batch"
      ? this.#receivedBatch(frame, parts, nowMs)
      : this.#receivedChunk(frame, parts, nowMs);
  }

  #receivedBatch(batch: FrameOf<"batch">, parts: readonly Buffer[], nowMs: number): boolean {
    if (this.#parts.buggify?.("link.batch-lost", 0.02)) return true;
    const window = this.#windows[batch.lane];
    const { counts } = this.#parts;
    const verdict = window.judge(batch.firstSequence, batch.messages, nowMs);
    let isTrusted = true;
    switch (verdict.kind) {
      case "repeat":
        counts.repeatsDropped += batch.messages;
        break;
      case "gap":
        counts.gapsDropped += batch.messages;
        break;
      case "next":
        isTrusted = this.#take(batch, verdict.skip, parts, nowMs);
        break;
      default:
        verdict satisfies never;
    }
    this.#acknowledgeIfDue(nowMs);
    return isTrusted;
  }

  #receivedChunk(chunk: FrameOf<"chunk">, parts: readonly Buffer[], nowMs: number): boolean {
    const window = this.#windows.bulk;
    const verdict = window.judge(chunk.sequence, 1, nowMs);
    let isTrusted = true;
    if (verdict.kind === "next") {
      const [, bytes = Buffer.alloc(0)] = parts;
      const isFull = this.#readable(window, nowMs, () => this.#assembly.put(chunk, bytes));
      if (isFull === undefined) isTrusted = this.#isTrusted;
      else window.advance(chunk.sequence, bytes.length, nowMs);
      if (isFull)
        for (const envelope of this.#held.completed(chunk.transfer)) this.#deliver(envelope, 0);
    }
    this.#acknowledgeIfDue(nowMs);
    return isTrusted;
  }

  /** Actors have taken so many messages that the engine had kept. */
  released(messages: number, bytes: number, nowMs: number): void {
    if (this.#credit.release(messages, bytes)) this.acknowledge(nowMs);
  }

  acknowledge(nowMs: number): void {
    const control = this.#windows.control.acknowledge(nowMs);
    const messages = this.#windows.messages.acknowledge(nowMs);
    const bulk = this.#windows.bulk.acknowledge(nowMs);
    this.#answer(
      encodeFrame({
        kind: "ack",
        session: this.session,
        acknowledged: {
          control: control.acknowledged,
          messages: messages.acknowledged,
          bulk: bulk.acknowledged,
        },
        gaps: { control: control.isGap, messages: messages.isGap, bulk: bulk.isGap },
        ...this.#credit.grant(),
      }),
    );
  }

  get #isTrusted(): boolean {
    return this.#unreadable < linkLimits.unreadableMax;
  }

  #answer(frame: Uint8Array): void {
    this.#parts.sink.answer(this.#route, frame);
  }

  #acknowledgeIfDue(nowMs: number): void {
    if (this.ackDueMs <= nowMs) this.acknowledge(nowMs);
  }

  #take(batch: FrameOf<"batch">, skip: number, parts: readonly Buffer[], nowMs: number): boolean {
    const window = this.#windows[batch.lane];
    const contents = this.#readable(window, nowMs, () => this.#decode(batch, parts));
    if (contents === undefined) return this.#isTrusted;
    this.#unreadable = 0;
    const [, ...others] = parts;
    const tableBytes = batch.hasTable ? (others[0]?.length ?? 0) : 0;
    const bytes = parts.reduce((sum, part) => sum + part.length, -tableBytes);
    window.advance(batch.firstSequence + batch.messages - 1, bytes, nowMs);
    if (batch.lane === "messages") this.#credit.received(batch.messages - skip, bytes);
    if (this.#credit.isExceeded) return false;
    if (this.#parts.buggify?.("link.ack-at-once")) window.hasten();
    this.#parts.counts.messagesReceived += batch.messages - skip;
    const share = Math.ceil(bytes / batch.messages);
    for (let index = skip; index < contents.envelopes.length; index++) {
      const envelope = contents.envelopes[index];
      if (envelope === undefined || this.#held.hold(envelope, this.#missing(contents, index))) {
        continue;
      }
      this.#deliver(envelope, batch.lane === "messages" ? share : 0);
    }
    return true;
  }

  #missing({ payloadsUsed, transfers }: Contents, index: number): readonly number[] {
    if (transfers.length === 0) return nothingMissing;
    const own = transfers.slice(index === 0 ? 0 : payloadsUsed[index - 1], payloadsUsed[index]);
    return own.filter((transfer) => transfer !== 0 && !this.#assembly.isComplete(transfer));
  }

  #deliver(envelope: Envelope, bytes: number): void {
    const delivery = this.#parts.sink.deliver(this.node, envelope, bytes);
    if (delivery === "kept") this.#credit.keep(bytes);
  }

  /** What is unreadable is asked for again: it may have been damaged on its way. */
  #readable<T>(window: ReceiveWindow, nowMs: number, read: () => T): T | undefined {
    try {
      return read();
    } catch (cause) {
      const { code, detail } = Failure.of(cause, "invalid");
      this.#parts.sink.log("warn", `refused a frame of ${this.node.name}: ${detail}`, { code });
      this.#unreadable++;
      this.#parts.counts.framesRefused++;
      window.noteGap(nowMs);
      return undefined;
    }
  }

  #decode(batch: FrameOf<"batch">, parts: readonly Buffer[]): Contents {
    const { codec } = this.#parts;
    const { messages } = batch;
    const [bytes, ...others] = parts;
    const [table, ...behindTable] = others;
    const inline = batch.hasTable ? behindTable : others;
    const payloadsUsed: number[] = [];
    if (bytes === undefined) throw new Failure("invalid", "a batch has no bytes");
    if (!batch.hasTable || table === undefined) {
      if (inline.length !== batch.payloads) {
        throw new Failure("invalid", `a batch announces ${batch.payloads} payloads`);
      }
      const envelopes = codec.decode({ bytes, payloads: inline, messages });
      return { envelopes, payloadsUsed, transfers: nothingMissing };
    }
    const entries = decodePayloadTable(table, batch.payloads);
    let next = 0;
    const payloads = entries.map(({ transfer, size }) => {
      if (transfer !== 0) return this.#assembly.claim(transfer, size);
      const part = inline[next++];
      if (part?.length === size) return part;
      throw new Failure("invalid", `a payload of ${size} bytes is not where its table says`);
    });
    if (next !== inline.length) throw new Failure("invalid", "a batch has too many payloads");
    const envelopes = codec.decode({ bytes, payloads, messages }, payloadsUsed);
    return { envelopes, payloadsUsed, transfers: entries.map(({ transfer }) => transfer) };
  }
}
