// One process of a simulated run: its real links, one to each peer, on the simulated network. It does
// with them what the ZeroMQ transport does, in virtual time and on a clock of its own.
import type { NodeId } from "#protocols/address.ts";
import type { Codec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { decodeFrame, encodeFrame } from "#protocols/frame-layout.ts";
import { type FrameOf, isReplyFrame, isStreamFrame } from "#protocols/frames.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import { Link, type LinkOptions } from "#runtime/links/link.ts";
import type { LinkSink } from "#runtime/links/link-sink.ts";
import { linkTiming } from "#runtime/links/link-timing.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { Station, Wire } from "./wire.ts";

/** What a process tells the run. */
export interface ProcessEvents {
  delivered(from: NodeId, envelope: Envelope): void;
  up(node: NodeId): void;
  down(node: NodeId, lost: readonly Envelope[]): void;
  refused(by: NodeId): void;
  noted(what: string): void;
}

export interface ProcessOptions {
  readonly node: NodeId;
  readonly address: string;
  /** Where the others listen, as far as known at the start. */
  readonly peers: ReadonlyMap<string, string>;
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly network: SimulatedNetwork;
  readonly codec: Codec;
  readonly newSession: () => number;
  /** Milliseconds on the process's own clock. */
  readonly now: () => number;
  readonly buggify?: Buggify;
  readonly events: ProcessEvents;
}

/** As LinkSchedule: an alarm later than this finds a process that did not run. */
const lateMsMin = 200;
const timing = linkTiming(1_500);

/** Milliseconds between two things that waited for a process to go on: their order stays. */
const catchUpMs = 0.0005;

/** Milliseconds of silence after which a process must have given up its peer; some for jitter. */
export const silenceMsMax = timing.silenceMsMax + 2 * timing.tickMs;

export class SimulatedProcess implements Station {
  readonly #options: ProcessOptions;
  readonly #links = new Map<string, Link>();
  readonly #wires = new Map<string, Wire>();
  readonly #sessions = new Map<number, Link>();
  readonly #deferred: (() => void)[] = [];
  /** By peer: when anything last came from it. */
  readonly #heardMs = new Map<string, number>();
  #resumedMs = 0;
  #state: "running" | "paused" | "gone" = "running";
  #isRetired = false;
  #pauses = 0;
  #isFlushDue = false;
  #alarmDueMs = Number.POSITIVE_INFINITY;
  #alarms = 0;

  constructor(options: ProcessOptions) {
    this.#options = options;
    for (const [name, address] of options.peers) {
      if (name !== options.node.name) this.#links.set(name, this.#link(name, address));
    }
    options.network.listen(options.address, this);
  }

  get name(): string {
    return this.#options.node.name;
  }

  get node(): NodeId {
    return this.#options.node;
  }

  get address(): string {
    return this.#options.address;
  }

  get state(): "running" | "paused" | "retired" | "gone" {
    return this.#state === "running" && this.#isRetired ? "retired" : this.#state;
  }

  get links(): readonly Link[] {
    return [...this.#links.values()];
  }

  /** For how long nothing came from the peer while this process ran. */
  silenceMs(peerName: string): number {
    const sinceMs = Math.max(this.#resumedMs, this.#heardMs.get(peerName) ?? 0);
    return this.#options.agenda.nowMs - sinceMs;
  }

  /** Now; behind what waits already, when the process is paused or catches up; never once gone. */
  run(act: () => void): void {
    if (this.#state === "gone") return;
    if (this.#state === "paused" || this.#deferred.length > 0) this.#deferred.push(act);
    else act();
  }

  send(to: NodeId, envelope: Envelope): SendOutcome {
    if (this.#state === "gone") return "node_down";
    const link = this.#links.get(to.name);
    if (link === undefined) return "not_found";
    const outcome = link.send(to.incarnation, envelope);
    if (outcome === "accepted") this.#flushLater();
    return outcome;
  }

  /** Nothing runs in the process for so long; the network goes on. */
  pause(durationMs: number): void {
    this.#state = "paused";
    const pause = ++this.#pauses;
    this.#options.agenda.after(durationMs, () => {
      if (pause === this.#pauses) this.resume();
    });
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.#resumedMs = this.#options.agenda.nowMs;
    if (this.#deferred.length > 0) this.#catchUp();
  }

  /** As SIGKILL: nothing of it runs any more. */
  kill(): void {
    this.#state = "gone";
    this.#deferred.length = 0;
    this.#options.network.remove(this);
  }

  /** It will end, says nothing new and asks for what is owed; `leave` and `kill` must follow. */
  retire(): void {
    this.#isRetired = true;
    for (const link of this.#links.values()) link.hasten(this.#options.now());
  }

  /** Says goodbye to all. */
  leave(): void {
    for (const link of this.#links.values()) link.leave(this.#options.now());
  }

  arrived({ from, route }: Wire, parts: readonly Buffer[]): void {
    const [first] = parts;
    if (first === undefined) return;
    this.#heardMs.set(from.name, this.#options.agenda.nowMs);
    const frame = decodeFrame(parts);
    if (frame.kind === "hello") this.#greeted(route, frame);
    else if (isStreamFrame(frame)) {
      const link = this.#sessions.get(frame.session);
      if (link === undefined || link.inboundSession !== frame.session) {
        this.#sessions.delete(frame.session);
        const answer = encodeFrame({ kind: "unknown", session: frame.session });
        this.#options.network.answer(this, route, answer);
        return;
      }
      link.heard(route, frame, parts, this.#options.now());
      this.#arm(link);
    }
  }

  #greeted(route: Uint8Array, hello: FrameOf<"hello">): void {
    const link = this.#links.get(hello.node.name);
    if (link === undefined) return;
    link.greeted(route, hello, this.#options.now());
    if (link.inboundSession === hello.session) this.#sessions.set(hello.session, link);
    this.#arm(link);
  }

  #link(peerName: string, address: string): Link {
    const { node, address: listenAddress, codec, newSession, buggify } = this.#options;
    const options: LinkOptions = {
      self: node,
      peerName,
      address,
      listenAddress: () => listenAddress,
      timing,
      codec,
      newSession,
      introduction: () => new Uint8Array(),
      sink: this.#sink(peerName, () => link),
      ...(buggify ? { buggify } : {}),
    };
    const link: Link = new Link(options);
    return link;
  }

  #sink(peerName: string, link: () => Link): LinkSink {
    const { network, events } = this.#options;
    return {
      dial: (address) => this.#dial(peerName, address, link()),
      hangUp: () => this.#hangUp(peerName),
      transmit: (parts) => {
        const wire = this.#wires.get(peerName);
        return wire !== undefined && network.send(wire, parts);
      },
      answer: (route, frame) => network.answer(this, route, frame),
      deliver: (from, envelope) => {
        events.delivered(from, envelope);
        return "taken";
      },
      congested: () => {},
      introduced: () => {},
      up: (node) => events.up(node),
      down: (node, lost) => events.down(node, lost),
      refused: (by) => events.refused(by),
      log: (level, message) => events.noted(`${level}: to ${peerName}: ${message}`),
    };
  }

  #dial(peerName: string, address: string, link: Link): void {
    if (this.#state === "gone") return;
    this.#hangUp(peerName);
    const act = (step: () => void) => (): void => {
      step();
      this.#arm(link);
    };
    const wire = this.#options.network.dial({
      from: this,
      address,
      events: {
        connected: act(() => link.connected(this.#options.now())),
        disconnected: act(() => link.disconnected(this.#options.now())),
        writable: act(() => link.writable()),
        returned: (bytes) => {
          this.#heardMs.set(peerName, this.#options.agenda.nowMs);
          const frame = decodeFrame([bytes]);
          if (isReplyFrame(frame)) link.returned(frame, this.#options.now());
          this.#arm(link);
        },
      },
    });
    this.#wires.set(peerName, wire);
  }

  #hangUp(peerName: string): void {
    const wire = this.#wires.get(peerName);
    if (wire) this.#options.network.hangUp(wire);
    this.#wires.delete(peerName);
  }

  #flushLater(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#options.agenda.after(0, () => {
      this.run(() => {
        this.#isFlushDue = false;
        for (const link of this.#links.values()) {
          link.flush(this.#options.now());
          this.#arm(link);
        }
      });
    });
  }

  /** As LinkSchedule: one alarm for all links, which is only ever moved ahead. */
  #arm(link: Link): void {
    const nowMs = this.#options.now();
    const dueMs = link.dueMs(nowMs);
    if (dueMs >= this.#alarmDueMs) return;
    this.#alarmDueMs = dueMs;
    const alarm = ++this.#alarms;
    const { agenda, chance } = this.#options;
    const waitMs = Math.max(1, Math.ceil(dueMs - nowMs)) + chance.within({ min: 0, max: 1 });
    agenda.after(waitMs, () => {
      this.run(() => {
        if (alarm === this.#alarms) this.#ring();
      });
    });
  }

  #ring(): void {
    const nowMs = this.#options.now();
    const overdueMs = nowMs - this.#alarmDueMs;
    this.#alarmDueMs = Number.POSITIVE_INFINITY;
    const links = [...this.#links.values()];
    for (const link of links) link.tick(nowMs, overdueMs >= lateMsMin ? overdueMs : 0);
    for (const link of links) this.#arm(link);
  }

  /** One thing after the other, each an event of its own. */
  #catchUp(): void {
    if (this.#state !== "running") return;
    this.#deferred[0]?.();
    this.#deferred.shift();
    if (this.#deferred.length > 0) this.#options.agenda.after(catchUpMs, () => this.#catchUp());
  }
}
