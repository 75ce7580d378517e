// What a link counts, for metrics and tests.
import type { NodeId } from "#protocols/address.ts";

export interface InboundCounts {
  messagesReceived: number;
  /** Messages that came again and were dropped. */
  repeatsDropped: number;
  /** Messages that came too early and were dropped; they come again. */
  gapsDropped: number;
  /** Frames that could not be read. */
  framesRefused: number;
}

export interface OutboundCounts {
  /** Taken from senders. */
  readonly messagesSent: number;
  readonly messagesResent: number;
  readonly chunksResent: number;
  /** Taken and not acknowledged; bytes once more as long as their chunks are not. */
  readonly messagesWaiting: number;
  readonly bytesWaiting: number;
  /** Connections made so far. */
  readonly connections: number;
}

export interface LinkStatistics extends Readonly<InboundCounts>, OutboundCounts {
  /** Incarnation 0 when no process of that name is known to live. */
  readonly peer: NodeId;
  /** Messages received that no actor has taken yet. */
  readonly messagesKept: number;
  readonly state: "idle" | "dialing" | "greeting" | "open";
}
