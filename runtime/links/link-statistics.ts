// What a link counts, for metrics and tests.
import type { NodeId } from "#protocols/address.ts";

export interface InboundCounts {
  messagesReceived: number;
  /** Messages that came again and were dropped. */
  repeatsDropped: number;
  /** Messages that came too early and were dropped; they come again. */
  gapsDropped: number;
  /** Batches that could not be read. */
  batchesRefused: number;
}

export interface OutboundCounts {
  /** Taken from senders. */
  readonly messagesSent: number;
  readonly messagesResent: number;
  /** Taken and not acknowledged. */
  readonly messagesWaiting: number;
  readonly bytesWaiting: number;
  /** Connections made so far. */
  readonly connections: number;
}

export interface LinkStatistics extends Readonly<InboundCounts>, OutboundCounts {
  /** Incarnation 0 when no process of that name is known to live. */
  readonly peer: NodeId;
  readonly state: "idle" | "dialing" | "greeting" | "open";
}
