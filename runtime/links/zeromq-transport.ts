// Implements Transport over ZeroMQ: names to links, frames to links, link effects to sockets.
//
//   send(to, envelope) -> Link -> Dialer  ~~~~  Listener -> session -> Link -> deliver
//
// One listening socket a node, one dialling socket a peer. The links decide; this file owns their
// sockets, `LinkSchedule` their time.
import { randomInt } from "node:crypto";
import { type NodeId, namePattern } from "#protocols/address.ts";
import { type Codec, createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameOf,
  isReplyFrame,
  isStreamFrame,
} from "#protocols/frames.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type {
  Clock,
  Log,
  RefCodec,
  SendOutcome,
  Transport,
  TransportEvents,
} from "#runtime/core/ports.ts";
import { Link } from "./link.ts";
import { LinkSchedule } from "./link-schedule.ts";
import type { LinkSink } from "./link-sink.ts";
import type { LinkStatistics } from "./link-statistics.ts";
import { type LinkTiming, linkTiming } from "./link-timing.ts";
import { isLoopbackAddress } from "./loopback-address.ts";
import { Dialer, Listener } from "./zeromq-socket.ts";

export interface ZeromqTransportOptions {
  readonly node: NodeId;
  /** `tcp://127.0.0.1:7600`, with `*` for any free port, or `ipc:///path`. */
  readonly bind: string;
  /** Where peers are told to dial, when a proxy stands before `bind`. Default: the bound address. */
  readonly advertise?: string;
  /** Addresses by node name, as far as known beforehand; others are learned from greetings. */
  readonly peers: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly log: Log;
  readonly refs: RefCodec;
  /** The class of which every ref is an instance. */
  readonly refClass: abstract new (
    ...args: never[]
  ) => object;
  /** Milliseconds without a link until a peer is declared down. Default 1500, at least 150. */
  readonly downAfterMs?: number;
}

export interface ZeromqTransport extends Transport {
  /** Where peers reach this node: with the real port, once started. */
  readonly address: string;
  statistics(): readonly LinkStatistics[];
}

/** Fails with `invalid` when addresses are not of this machine: links have no keys. */
export function createZeromqTransport(options: ZeromqTransportOptions): ZeromqTransport {
  checkAddress(`the address of ${options.node.name}`, options.bind);
  if (options.advertise) checkAddress("the advertised address", options.advertise);
  for (const [name, address] of options.peers) {
    if (!namePattern.test(name)) throw new Failure("invalid", `${name} is no valid node name`);
    checkAddress(`the address of ${name}`, address);
  }
  return new SocketTransport(options);
}

function checkAddress(what: string, address: string): void {
  if (isLoopbackAddress(address)) return;
  const remedy = "use tcp://127.0.0.1:<port> or ipc:///<path>, as links have no keys";
  throw new Failure(
    "invalid",
    `${what} is ${address}, which others may reach or nobody: ${remedy}`,
  );
}

class SocketTransport implements ZeromqTransport {
  readonly #options: ZeromqTransportOptions;
  readonly #timing: LinkTiming;
  readonly #codec: Codec;
  readonly #links = new Map<string, Link>();
  readonly #dialers = new Map<string, Dialer>();
  readonly #sessions = new Map<number, Link>();
  readonly #schedule: LinkSchedule;
  #events: TransportEvents | undefined;
  #listener: Listener | undefined;

  constructor(options: ZeromqTransportOptions) {
    this.#options = options;
    this.#timing = linkTiming(options.downAfterMs);
    this.#codec = createCodec(options);
    this.#schedule = new LinkSchedule(options.clock, () => this.#links.values());
    for (const [name, address] of options.peers) {
      if (name !== options.node.name) this.#links.set(name, this.#link(name, address));
    }
  }

  get address(): string {
    return this.#listener?.address ?? this.#options.bind;
  }

  statistics(): readonly LinkStatistics[] {
    return [...this.#links.values()].map((link) => link.statistics);
  }

  async start(events: TransportEvents): Promise<void> {
    if (this.#events)
      throw new Failure("invalid", "the transport was started before: make another");
    this.#events = events;
    try {
      this.#listener = await Listener.bind(this.#options.bind, (route, parts) => {
        this.#guard(parts[0], (frame) => this.#heard(route, frame, parts));
      });
    } catch (cause) {
      this.#events = undefined;
      throw cause;
    }
  }

  send(to: NodeId, envelope: Envelope): SendOutcome {
    if (this.#listener === undefined) return "node_down";
    const link = this.#links.get(to.name);
    if (link === undefined) return "not_found";
    const outcome = link.send(to.incarnation, envelope);
    if (outcome === "accepted") this.#schedule.flushLater(link);
    return outcome;
  }

  async stop(deadlineMs: number): Promise<void> {
    if (this.#listener === undefined) return;
    const links = [...this.#links.values()];
    this.#schedule.flush();
    for (const link of links) link.hasten(this.#now());
    await this.#until(deadlineMs, () => links.every((link) => link.isDrained));
    // From here on nobody is told anything: the node ends.
    this.#events = undefined;
    for (const link of links) link.leave(this.#now());
    const farewellEndsMs = this.#now() + linkLimits.farewellMsMax;
    await this.#until(farewellEndsMs, () => links.every((link) => link.hasLeft));
    this.#close();
  }

  #close(): void {
    this.#schedule.stop();
    for (const dialer of this.#dialers.values()) dialer.close();
    this.#dialers.clear();
    this.#listener?.close();
    this.#listener = undefined;
  }

  #heard(route: Uint8Array, frame: Frame, parts: readonly Buffer[]): void {
    if (frame.kind === "hello") {
      this.#greeted(route, frame);
      return;
    }
    if (!isStreamFrame(frame)) return;
    const link = this.#sessions.get(frame.session);
    if (link === undefined || link.inboundSession !== frame.session) {
      this.#sessions.delete(frame.session);
      const answer = encodeFrame({ kind: "unknown", session: frame.session });
      this.#listener?.answer(route, answer);
      return;
    }
    link.heard(route, frame, parts, this.#now());
    this.#schedule.arm(link);
  }

  #greeted(route: Uint8Array, hello: FrameOf<"hello">): void {
    const { name } = hello.node;
    if (!this.#hasRoomFor(name)) return;
    const link = this.#links.get(name) ?? this.#link(name, hello.address);
    link.greeted(route, hello, this.#now());
    if (link.inboundSession === hello.session) {
      this.#links.set(name, link);
      this.#sessions.set(hello.session, link);
    }
    this.#schedule.arm(link);
  }

  /** Forgets a peer that is gone when there are too many. */
  #hasRoomFor(name: string): boolean {
    if (this.#links.has(name) || this.#links.size < linkLimits.peersMax) return true;
    for (const [other, link] of this.#links) {
      if (this.#options.peers.has(other) || !link.isIdle) continue;
      return this.#links.delete(other);
    }
    this.#log("warn", name, `a greeting came, but ${linkLimits.peersMax} peers are the most`);
    return false;
  }

  #link(name: string, address: string): Link {
    const link: Link = new Link({
      self: this.#options.node,
      peerName: name,
      address,
      listenAddress: () => this.#options.advertise ?? this.address,
      timing: this.#timing,
      codec: this.#codec,
      newSession: () => randomInt(1, 2 ** 48 - 1),
      sink: this.#sink(name, () => link),
    });
    return link;
  }

  #sink(name: string, link: () => Link): LinkSink {
    return {
      dial: (address) => this.#dial(name, address, link()),
      hangUp: () => this.#hangUp(name),
      transmit: (parts) => this.#dialers.get(name)?.send(parts) ?? false,
      answer: (route, frame) => this.#listener?.answer(route, frame),
      deliver: (from, envelope) => this.#events?.deliver(from, envelope),
      up: (node) => this.#events?.nodeUp(node),
      down: (node, lost) => this.#events?.nodeDown(node, lost),
      refused: (by, reason) => this.#events?.refused(by, reason),
      log: (level, message, fields) => this.#log(level, name, message, fields),
    };
  }

  #dial(name: string, address: string, link: Link): void {
    this.#hangUp(name);
    const act = (step: (nowMs: number) => void) => () => {
      step(this.#now());
      this.#schedule.arm(link);
    };
    const dialer = new Dialer(address, {
      connected: act((nowMs) => link.connected(nowMs)),
      disconnected: act((nowMs) => link.disconnected(nowMs)),
      writable: () => link.writable(),
      received: ([bytes]) => {
        this.#guard(bytes, (frame) => {
          if (isReplyFrame(frame)) link.returned(frame, this.#now());
        });
        this.#schedule.arm(link);
      },
    });
    this.#dialers.set(name, dialer);
  }

  #hangUp(name: string): void {
    this.#dialers.get(name)?.close();
    this.#dialers.delete(name);
  }

  /** Rubbish is counted in the log and harms nobody. */
  #guard(bytes: Buffer | undefined, act: (frame: Frame) => void): void {
    try {
      if (bytes) act(decodeFrame(bytes));
    } catch (cause) {
      const { code, detail } = Failure.of(cause);
      const level = code === "invalid" ? "warn" : "error";
      this.#log(level, "listener", `a frame could not be handled: ${detail}`, { code });
    }
  }

  async #until(deadlineMs: number, isDone: () => boolean): Promise<void> {
    while (!isDone() && this.#now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #log(
    level: "debug" | "info" | "warn" | "error",
    peer: string,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#options.log.write(level, `/system/links/${peer}`, message, fields);
  }
}
