// What one node's engine says to another's. A link carries envelopes in order and does not look inside.
import type { Address, NodeId } from "./address.ts";
import type { FailureData } from "./failure-codes.ts";

/** Addresses an actor of the receiving node: by uid, or by path when the uid is 0. */
export interface Target {
  readonly path: string;
  readonly uid: number;
}

/** Why an actor is gone. */
export type Exit =
  | { readonly kind: "stopped" }
  | { readonly kind: "crashed"; readonly failure: FailureData }
  | { readonly kind: "node-down"; readonly node: string };

/** What a message bears beside its arguments; absent from most. */
export interface EnvelopeContext {
  /** Who sent it: an actor of the sending node, unless that has handed it on for another. */
  readonly sender: {
    readonly node?: NodeId;
    readonly path: string;
    readonly uid: number;
    readonly protocolId: string;
  };
  /** W3C `traceparent`, or empty. */
  readonly trace: string;
  /** The handlers that wait for this ask, outermost first, as `callKey` writes them. */
  readonly chain: readonly string[];
}

export type Envelope =
  | {
      readonly kind: "tell";
      readonly to: Target;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly context?: EnvelopeContext | undefined;
      /** Control lane: may overtake ordinary messages. */
      readonly isControl?: boolean;
    }
  | {
      readonly kind: "ask";
      readonly to: Target;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly context?: EnvelopeContext | undefined;
      /** Names the ask within the sending node. */
      readonly correlation: number;
      /** Milliseconds left until the asker gives up; a length, because clocks differ. */
      readonly remainingMs: number;
    }
  /** The asker gave up: the work is not wanted any more. */
  | { readonly kind: "cancel"; readonly correlation: number }
  | { readonly kind: "reply"; readonly correlation: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly correlation: number; readonly failure: FailureData }
  | { readonly kind: "watch"; readonly to: Target; readonly watcher: number }
  | { readonly kind: "unwatch"; readonly to: Target; readonly watcher: number }
  /** The mailbox of an actor of the sending node is full: whoever sends to it should pause. */
  | { readonly kind: "pause"; readonly to: Target }
  /** It has room again. */
  | { readonly kind: "resume"; readonly to: Target }
  /** `to` as the watcher named it, so that it recognises what ended. */
  | {
      readonly kind: "terminated";
      readonly watcher: number;
      readonly to: Target;
      readonly exit: Exit;
    };

/** A target as an address on a given node. */
export const targetOf = (address: Address): Target => ({ path: address.path, uid: address.uid });
