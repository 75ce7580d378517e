// What the two ends of a thread's port say to each other. Both run the same version of this code, so
// nothing is checked twice; what users put into messages is, when it is packed.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { LifeTimes, Pending } from "#runtime/core/actor-class.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { PackedRef, Parcel } from "./parcel.ts";

/** An envelope on its way; the data in it is packed. */
export interface PortItem {
  /** Into the thread: who sends. Out of it: who is meant. */
  readonly node: NodeId;
  readonly envelope: Envelope;
  readonly refs?: readonly PackedRef[];
  /** Counts the messages for the hosted actor that came through its parent's mailbox. */
  readonly number?: number;
}

/**
 * A numbered item without refs, sender and trace, as nearly all are: number, method, arguments, and of
 * an ask its correlation, remaining ms and chain. Names of fields would cost more than all that.
 */
export type ShortItem =
  | readonly [number: number, method: string, args: readonly unknown[]]
  | readonly [
      number: number,
      method: string,
      args: readonly unknown[],
      correlation: number,
      remainingMs: number,
      chain: readonly string[],
    ];

export interface PortBatch {
  readonly kind: "batch";
  readonly items: readonly (PortItem | ShortItem)[];
  /** Items of the other end that were received since the last batch. */
  readonly received: number;
  /** Out of the thread: the last numbered item that the hosted actor has begun. */
  readonly begun: number;
}

export type ToThread =
  | PortBatch
  | { readonly kind: "resume" }
  | { readonly kind: "stop"; readonly pending: Pending }
  | { readonly kind: "node-down"; readonly node: NodeId }
  | { readonly kind: "node-up"; readonly node: NodeId };

export type FromThread =
  | PortBatch
  | { readonly kind: "born"; readonly hostedUid: number }
  | { readonly kind: "started" }
  /** The hosted actor has failed and stands still until it is told what to do. */
  | {
      readonly kind: "crashed";
      readonly failure: FailureData;
      readonly during: string;
      readonly stack: string;
    }
  /** The hosted actor has stopped itself. */
  | { readonly kind: "left" }
  /** All that there was to do after `stop` is done. */
  | { readonly kind: "stopped" }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly actor: string;
      readonly message: string;
      readonly fields: unknown;
    };

/** What a worker is started with. */
export interface ThreadOrders {
  /** The thread's own node. */
  readonly node: NodeId;
  readonly parent: NodeId;
  /** The node of the process, as `ctx.node` tells it. */
  readonly home: NodeId;
  /** The node whose session names are claimed with. */
  readonly director: string;
  readonly module: string;
  readonly exportName: string;
  /** Last part of the hosted actor's path. */
  readonly name: string;
  readonly args: Parcel;
  readonly times: LifeTimes;
  /** How its children are supervised; undefined: as its class says. */
  readonly supervise: SupervisionSpec | undefined;
  /** Two counters: the thread's heartbeats, and the low bits of the last message begun. */
  readonly pulse: SharedArrayBuffer;
  readonly beatMs: number;
  /** Number of the last message that was begun before this thread. */
  readonly begun: number;
}

/** Positions in `pulse`. */
export const beatsAt = 0;
export const begunAt = 1;
