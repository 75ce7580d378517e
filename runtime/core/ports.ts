// The engine's doors to the outside, as small interfaces. `runtime/host` opens them on Node.js;
// a simulation opens them on virtual time and a simulated network.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { BoundState } from "./bounds.ts";

export interface Clock {
  /** Milliseconds that never go back, from an arbitrary start. For deadlines and delays. */
  now(): number;
  /** Whole milliseconds since 1970 UTC. For people and records, never for deciding. */
  wall(): number;
}

export interface Random {
  /** At least 0 and below 1. */
  next(): number;
}

/** One alarm for the whole node; the engine keeps its own queue of timers. */
export interface Timers {
  /**
   * Calls `ring` once the clock has reached `dueMs`; replaces the alarm set before. It may ask now and
   * then whether the alarm is wanted still, and forget it when it is not.
   */
  set(dueMs: number, ring: () => void, isWanted?: () => boolean): void;
  clear(): void;
}

export interface Executor {
  /** Runs the task before the event loop takes up IO again. */
  soon(task: () => void): void;
  /** Runs the task after pending IO had its turn. */
  later(task: () => void): void;
  /**
   * The executor decides whose turn is next: each actor's turn is handed over as a task of its own,
   * of one message. Slow; for exploring orders. Default: the dispatcher decides, in order.
   */
  readonly isOneByOne?: boolean;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export interface Log {
  write(
    level: LogLevel,
    actor: string,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** Whether the transport took charge of an envelope. Anything else is the sender's to report. */
export type SendOutcome = "accepted" | "link_full" | "too_large" | "node_down" | "not_found";

/** What becomes of an envelope that came in: handed to its actor, or kept until that has room. */
export type Delivery = "taken" | "kept";

/** Reliable ordered streams to other nodes. `links` implements it; an absent one knows no peer. */
export interface Transport {
  /**
   * Takes the envelope for delivery in order, or says at once why not. `to.incarnation` 0 means
   * whichever process bears the name now. A taken envelope is delivered once, unless the peer is
   * declared down first (`TransportEvents.nodeDown`). Fails with `invalid`, naming the place, when
   * the message holds what cannot travel. It is encoded at once; only byte arrays of
   * `limits.payloadBytesMin` and more are sent from the sender's memory and must not change later.
   */
  send(to: NodeId, envelope: Envelope): SendOutcome;
  /** So many kept messages of that node, and their bytes, have found their actors (`Delivery`). */
  released(from: NodeId, messages: number, bytes: number): void;
  /** Opens sockets and begins to deliver. Fails when an address cannot be bound. */
  start(events: TransportEvents): Promise<void>;
  /** Its bounds, where it tells of them. */
  readonly bounds?: readonly BoundState[];
  /** Waits until everything taken is acknowledged or `deadlineMs` of `Clock.now` has passed, closes. */
  stop(deadlineMs: number): Promise<void>;
}

export interface TransportEvents {
  /**
   * An envelope from another node, in its sender's order, decoded, within limits, unchecked; `bytes`
   * is about what it takes. One that is kept must be `released` later.
   */
  deliver(from: NodeId, envelope: Envelope, bytes: number): Delivery;
  /** More than half of what the link takes waits for that node, or little does again. */
  congested(node: NodeId, isCongested: boolean): void;
  /** What this engine says of itself to each peer that it meets; the peer's says it in turn. */
  introduction(): Uint8Array;
  introduced(node: NodeId, introduction: Uint8Array): void;
  /** A process is gone for good; `lost` were taken but perhaps never delivered. */
  nodeDown(node: NodeId, lost: readonly Envelope[]): void;
  /** First contact with a process. */
  nodeUp(node: NodeId): void;
  /** A peer has declared this process down and will not talk to it again: it should end. */
  refused(by: NodeId, reason: string): void;
}

/** Turns refs into addresses and back; the codec carries refs inside messages with it. */
export interface RefCodec {
  /** The address and protocol of a ref, or undefined when the value is none. */
  describe(value: unknown): { readonly address: Address; readonly protocolId: string } | undefined;
  /** A ref to that actor, local or remote. */
  revive(address: Address, protocolId: string): unknown;
}

/** The directory of names, as an engine uses it. */
export interface Names {
  /** The actor of that name; waits for it at most `within` ms, then fails with `not_found`. */
  find<P>(protocol: Protocol<P>, name: string, within: number): Promise<Ref<P>>;
  /** Gives a living actor the name; fails with `name_taken` while another living actor has it. */
  claim(name: string, ref: AnyRef): Promise<Claim>;
}

/** A name that was given. */
export interface Claim {
  readonly name: string;
  /** Higher than that of whoever bore the name before: what it guards refuses lower ones. */
  readonly fence: number;
}
