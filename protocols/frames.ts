// What a link says to its peer: ten frames behind one header of 28 bytes, big-endian.
//
//    0     1     2        4          8             16            24       28
//   kind  lane  parts   count      session       sequence      crc32    fields ...
//   u8    u8    u16     u32        f64           f64           u32      by kind (`frame-layout.ts`)
//
// A stream flows one way, from the node that dialled. Its hello, batches, chunks and pings go along
// the connection; welcome, challenges, refusals and acknowledgements come back on it. A batch's header
// stands in front of its encoded envelopes; what follows it are message parts of their own:
//
//   batch   [header | envelopes]  [table of its payloads, when some are in chunks]  [payload] ...
//   chunk   [header | transfer, size, offset]  [bytes]
import type { NodeId } from "./address.ts";
import type { PerLane } from "./lanes.ts";

export const headerBytes = 28;
/** Of a chunk: its fields stand at fixed places, for it is sent often. */
export const chunkHeaderBytes = headerBytes + 24;

/** Why a greeting is refused. */
export const refusalReasons = [
  "version",
  "other_incarnation",
  "quarantined",
  "unknown_session",
  "invalid",
  "identity",
  "other_cluster",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export type Frame =
  | {
      readonly kind: "hello";
      readonly session: number;
      /** Each lane's first sequence number that is not acknowledged. */
      readonly first: PerLane<number>;
      /** The versions that the greeter speaks. */
      readonly versionMin: number;
      readonly version: number;
      readonly node: NodeId;
      /** The name of the greeter's cluster; empty when it says none. */
      readonly cluster: string;
      /** Where the greeter listens. */
      readonly address: string;
      /** The incarnation that the session belongs to; 0 for a new session. */
      readonly wanted: number;
      /** What its engine says of itself; the links do not look inside. */
      readonly introduction: Uint8Array;
      /** The challenge that it answers, and the answer; both empty before there was one. */
      readonly nonce: Uint8Array;
      readonly proof: Uint8Array;
    }
  | {
      readonly kind: "welcome";
      readonly session: number;
      readonly acknowledged: PerLane<number>;
      /** The version that both speak from now on. */
      readonly version: number;
      readonly node: NodeId;
      readonly introduction: Uint8Array;
    }
  /** Asks the greeter to greet again, and to prove that it is the node it says it is. */
  | { readonly kind: "challenge"; readonly session: number; readonly nonce: Uint8Array }
  | {
      readonly kind: "refuse";
      readonly session: number;
      readonly reason: RefusalReason;
      /** Who refuses. */
      readonly node: NodeId;
      readonly text: string;
    }
  | {
      readonly kind: "batch";
      readonly lane: "control" | "messages";
      readonly session: number;
      readonly firstSequence: number;
      readonly messages: number;
      readonly payloads: number;
      /** Whether its first part is a table of payloads. */
      readonly hasTable: boolean;
    }
  | {
      readonly kind: "chunk";
      readonly session: number;
      readonly sequence: number;
      /** The byte array that it is a piece of, and where the piece belongs. */
      readonly transfer: number;
      readonly size: number;
      readonly offset: number;
    }
  | {
      readonly kind: "ack";
      readonly session: number;
      /** Everything up to these sequence numbers was received. */
      readonly acknowledged: PerLane<number>;
      /** Something after them is missing: please send it again. */
      readonly gaps: PerLane<boolean>;
      /** Up to which sequence number messages are welcome, */
      readonly messagesMax: number;
      /** and up to how many bytes of them since the session began. */
      readonly bytesMax: number;
    }
  /** Asks for an acknowledgement; `next` tells what should have arrived before. */
  | { readonly kind: "ping"; readonly session: number; readonly next: PerLane<number> }
  | { readonly kind: "goodbye"; readonly session: number }
  /** The receiver does not know this session: greet again. */
  | { readonly kind: "unknown"; readonly session: number };

export type FrameOf<K extends Frame["kind"]> = Extract<Frame, { readonly kind: K }>;

/** What follows a hello along the connection. */
export type StreamFrame = FrameOf<"batch" | "chunk" | "ping" | "goodbye" | "refuse">;
/** What comes back on it. */
export type ReplyFrame = FrameOf<
  "welcome" | "challenge" | "ack" | "refuse" | "goodbye" | "unknown"
>;

export const isStreamFrame = (frame: Frame): frame is StreamFrame =>
  ["batch", "chunk", "ping", "goodbye", "refuse"].includes(frame.kind);

export const isReplyFrame = (frame: Frame): frame is ReplyFrame =>
  ["welcome", "challenge", "ack", "refuse", "goodbye", "unknown"].includes(frame.kind);
