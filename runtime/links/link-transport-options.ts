// What a node's links are made of, and how they are to behave.
import type { NodeId } from "#protocols/address.ts";
import type { Codec } from "#protocols/codec.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { Clock, Executor, Log, Timers } from "#runtime/core/ports.ts";
import type { Reach } from "./address-reach.ts";
import type { Carrier } from "./carrier.ts";
import type { DialListener } from "./dial-watch.ts";
import type { Identity } from "./node-identity.ts";

export interface LinkTransportOptions {
  readonly node: NodeId;
  /** The cluster's name: greetings of nodes that name another one are refused. Default: none. */
  readonly cluster?: string;
  /** `tcp://127.0.0.1:7600`, `*` for any free port, or `ipc:///path`. */
  readonly bind: string;
  /** Where peers are told to dial, when a proxy stands before `bind`. Default: the bound address. */
  readonly advertise?: string;
  /** Addresses by node name, as far as known beforehand; others are learned from greetings. */
  readonly peers: ReadonlyMap<string, string>;
  readonly carrier: Carrier;
  /** How nodes prove which they are; default: they are believed. */
  readonly identity?: Identity;
  /** Which addresses may be bound and dialled; default: those of this machine. */
  readonly reach?: Reach;
  readonly clock: Clock;
  /** An alarm for the links alone: the engine sets its own. */
  readonly timers: Timers;
  readonly executor: Executor;
  /** A number that no other session has, from 1 to 2^53 - 1. */
  readonly newSession: () => number;
  readonly log: Log;
  readonly codec: Codec;
  /** Milliseconds without a link until a peer is declared down. Default 1500, at least 150. */
  readonly downAfterMs?: number;
  /** Hears what dialling each peer shows, where the carrier can tell; otherwise nobody looks. */
  readonly dialled?: DialListener;
  readonly buggify?: Buggify;
  /** Hears of bugs in the handling of frames, which a node survives; default: the log does. */
  readonly broken?: (cause: unknown) => void;
}
