// Implements Transport over a carrier: names to links, frames to links, link effects to connections.
//
//   send(to, envelope) -> Link -> Dialled  ~~~~  Listening -> session -> Link -> deliver
//
// The links decide; this file owns their connections, `LinkSchedule` their time.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { encodeFrame } from "#protocols/frame-layout.ts";
import { type Frame, type FrameOf, isReplyFrame, isStreamFrame } from "#protocols/frames.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type { LogLevel, SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";
import { checkAddresses, isWithin } from "./address-reach.ts";
import type { Dialled, Listening } from "./carrier.ts";
import type { DialEventName } from "./dial-evidence.ts";
import { DialWatch } from "./dial-watch.ts";
import { EndedLives } from "./ended-lives.ts";
import { type FrameCounts, FrameGuard } from "./frame-guard.ts";
import { Link } from "./link.ts";
import { LinkSchedule } from "./link-schedule.ts";
import type { LinkSink, Route } from "./link-sink.ts";
import type { LinkStatistics } from "./link-statistics.ts";
import { type LinkTiming, linkTiming } from "./link-timing.ts";
import type { LinkTransportOptions } from "./link-transport-options.ts";
import { plainIdentity } from "./node-identity.ts";
import { Occasions } from "./occasions.ts";

export class LinkTransport implements Transport {
  readonly #options: LinkTransportOptions;
  readonly #timing: LinkTiming;
  readonly #links = new Map<string, Link>();
  readonly #dialled = new Map<string, Dialled>();
  readonly #sessions = new Map<number, Link>();
  readonly #schedule: LinkSchedule;
  readonly #occasions = new Occasions();
  readonly #guard: FrameGuard;
  readonly #ended = new EndedLives();
  readonly #dials: DialWatch | undefined;
  #events: TransportEvents | undefined;
  #listening: Listening | undefined;

  /** Fails with `invalid` when addresses are not of this machine: links have no keys. */
  constructor(options: LinkTransportOptions) {
    checkAddresses(options);
    this.#options = options;
    this.#timing = linkTiming(options.downAfterMs);
    const { clock, timers, executor } = options;
    const links = (): Iterable<Link> => this.#links.values();
    this.#dials = options.dialled && new DialWatch(clock.now, options.dialled);
    const looked = (nowMs: number): number =>
      Math.min(this.#occasions.look(nowMs), this.#dials?.look() ?? Number.POSITIVE_INFINITY);
    this.#guard = new FrameGuard(options);
    this.#schedule = new LinkSchedule({ clock, timers, executor, links, looked });
    for (const [name, address] of options.peers) {
      if (name !== options.node.name) this.#links.set(name, this.#link(name, address));
    }
  }

  get address(): string {
    return this.#listening?.address ?? this.#options.bind;
  }

  get frameCounts(): FrameCounts {
    return this.#guard.counts;
  }

  statistics(): readonly LinkStatistics[] {
    return [...this.#links.values()].map((link) => link.statistics);
  }

  async start(events: TransportEvents): Promise<void> {
    if (this.#events) {
      throw new Failure("invalid", "the transport was started before: make another");
    }
    this.#events = events;
    try {
      const { carrier, bind } = this.#options;
      const listening = carrier.listen(bind, (route, parts) => {
        this.#guarded(parts, (frame) => this.#heard(route, frame, parts));
      });
      this.#listening = listening instanceof Promise ? await listening : listening;
    } catch (cause) {
      this.#events = undefined;
      throw cause;
    }
  }

  send(to: NodeId, envelope: Envelope): SendOutcome {
    if (this.#listening === undefined) return "node_down";
    const link = this.#links.get(to.name);
    if (link === undefined) return "not_found";
    const outcome = link.send(to.incarnation, envelope);
    if (outcome === "accepted") this.#schedule.flushLater(link);
    return outcome;
  }

  /** These keys speak for nobody any more: peers that proved themselves by them are gone. */
  async revoke(keys: ReadonlySet<string>): Promise<void> {
    for (const link of this.#links.values()) this.#act(link, (nowMs) => link.revoked(keys, nowMs));
    await this.#listening?.cut?.();
  }

  /** Where that node listens; one that there is a link to says so itself. Beyond reach: nothing. */
  meet(name: string, address: string): void {
    const { node, reach = "machine" } = this.#options;
    if (name === node.name || !isWithin(reach, address)) return;
    if (this.#links.get(name)?.isIdle === true) this.#links.delete(name);
    if (this.#links.has(name) || !this.#hasRoomFor(name)) return;
    this.#links.set(name, this.#linkAnew(name, address));
  }

  /** That life of a node, and every one before it, is over: nothing goes to it or comes from it. */
  quarantine(node: NodeId, reason: string): void {
    this.#ended.end(node);
    const link = this.#links.get(node.name);
    if (link) this.#act(link, (nowMs) => link.quarantine(node.incarnation, reason, nowMs));
  }

  released(from: NodeId, messages: number, bytes: number): void {
    const link = this.#links.get(from.name);
    if (link) this.#act(link, (nowMs) => link.released(messages, bytes, nowMs));
  }

  /** Sends what waits, and asks that everything be acknowledged. */
  hasten(): void {
    this.#schedule.flush();
    for (const link of this.#links.values()) link.hasten(this.#now());
  }

  /** Says goodbye to all. From here on nobody is told anything: the node ends. */
  leave(): void {
    this.#events = undefined;
    for (const link of this.#links.values()) link.leave(this.#now());
  }

  async stop(deadlineMs: number): Promise<void> {
    const links = [...this.#links.values()];
    if (this.#listening === undefined) return;
    this.hasten();
    await this.#occasion(deadlineMs, () => links.every((link) => link.isDrained));
    this.leave();
    const farewellEndsMs = this.#now() + linkLimits.farewellMsMax;
    await this.#occasion(farewellEndsMs, () => links.every((link) => link.hasLeft));
    this.#close();
  }

  #close(): void {
    this.#schedule.stop();
    for (const dialled of this.#dialled.values()) dialled.close();
    this.#dialled.clear();
    this.#listening?.close();
    this.#listening = undefined;
  }

  #heard(route: Route, frame: Frame, parts: readonly Buffer[]): void {
    if (frame.kind === "hello") {
      this.#greeted(route, frame);
      return;
    }
    if (!isStreamFrame(frame)) {
      this.#guard.strayed();
      return;
    }
    const link = this.#sessions.get(frame.session);
    if (link === undefined || link.inboundSession !== frame.session) {
      this.#guard.strayed();
      this.#sessions.delete(frame.session);
      const answer = encodeFrame({ kind: "unknown", session: frame.session });
      this.#listening?.answer(route, answer);
      return;
    }
    this.#act(link, (nowMs) => link.heard(route, frame, parts, nowMs));
  }

  #greeted(route: Route, hello: FrameOf<"hello">): void {
    const { name } = hello.node;
    if (!this.#hasRoomFor(name)) return;
    const link = this.#links.get(name) ?? this.#linkAnew(name, hello.address);
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

  /** It may have been forgotten, or never been, when lives of that node were declared over. */
  #linkAnew(name: string, address: string): Link {
    const link = this.#link(name, address);
    const ended = this.#ended.of(name);
    if (ended > 0) link.quarantine(ended, "it has ended", this.#now());
    return link;
  }

  #link(name: string, address: string): Link {
    const { node, codec, newSession, buggify } = this.#options;
    const link: Link = new Link({
      self: node,
      cluster: this.#options.cluster ?? "",
      peerName: name,
      address,
      listenAddress: () => this.#options.advertise ?? this.address,
      timing: this.#timing,
      codec,
      newSession,
      identity: this.#options.identity ?? plainIdentity,
      reach: this.#options.reach ?? "machine",
      introduction: () => this.#events?.introduction() ?? new Uint8Array(),
      sink: this.#sink(name, () => link),
      ...(buggify === undefined ? {} : { buggify }),
    });
    return link;
  }

  #sink(name: string, link: () => Link): LinkSink {
    return {
      dial: (address) => this.#dial(name, address, link()),
      hangUp: () => this.#hangUp(name),
      transmit: (parts) => this.#dialled.get(name)?.send(parts) ?? false,
      answer: (route, frame) => this.#listening?.answer(route, frame),
      deliver: (from, envelope, bytes) => this.#events?.deliver(from, envelope, bytes) ?? "taken",
      congested: (isCongested) => {
        this.#events?.congested({ name, incarnation: 0 }, isCongested);
      },
      introduced: (node, introduction) => this.#events?.introduced(node, introduction),
      up: (node) => this.#events?.nodeUp(node),
      down: (node, lost) => this.#events?.nodeDown(node, lost),
      refused: (by, reason) => this.#events?.refused(by, reason),
      log: (level, message, fields) => this.#log(level, name, message, fields),
    };
  }

  #dial(name: string, address: string, link: Link): void {
    this.#hangUp(name);
    const dialled = this.#options.carrier.dial(
      { peer: name, address },
      {
        ...(this.#dials && { dialEvent: (event) => this.#dialEvent(name, event) }),
        connected: () => this.#act(link, (nowMs) => link.connected(nowMs)),
        disconnected: () => this.#act(link, (nowMs) => link.disconnected(nowMs)),
        writable: () => link.writable(),
        received: (parts) => {
          this.#guarded(parts, (frame) => {
            if (isReplyFrame(frame)) this.#act(link, (nowMs) => link.returned(frame, nowMs));
          });
        },
      },
    );
    this.#dialled.set(name, dialled);
  }

  #dialEvent(name: string, event: DialEventName): void {
    this.#dials?.saw(name, event);
    this.#schedule.wakeBy(this.#dials?.look() ?? Number.POSITIVE_INFINITY);
  }

  #act(link: Link, step: (nowMs: number) => void): void {
    const nowMs = this.#now();
    step(nowMs);
    this.#schedule.arm(link);
    this.#occasions.look(nowMs);
  }

  #hangUp(name: string): void {
    this.#dialled.get(name)?.close();
    if (this.#dialled.delete(name)) this.#dials?.ended(name);
  }

  #guarded(parts: readonly Buffer[], act: (frame: Frame) => void): void {
    const frame = this.#guard.read(parts);
    if (frame) this.#guard.handle(() => act(frame));
  }

  #occasion(deadlineMs: number, hasCome: () => boolean): Promise<void> {
    this.#schedule.wakeBy(deadlineMs);
    return this.#occasions.wait(deadlineMs, hasCome, this.#now());
  }

  #now = (): number => this.#options.clock.now();

  #log(
    level: LogLevel,
    peer: string,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#options.log.write(level, `/system/links/${peer}`, message, fields);
  }
}
