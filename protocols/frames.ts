// What a link says to its peer: eight frames behind one header of 24 bytes, big-endian.
//
//    0     1     2        4          8             16            24
//   kind  flag  parts   count      session       sequence      fields ...
//   u8    u8    u16     u32        f64           f64           by kind
//
// A stream flows one way, from the node that dialled. Its hello, batches and pings go along the
// connection; welcome, refusals and acknowledgements come back on it. A batch's header stands in
// front of its encoded envelopes; its payloads follow as messages parts of their own.
import { type NodeId, namePattern } from "./address.ts";
import { Failure } from "./failure.ts";

export const headerBytes = 24;

/** Why a greeting is refused. */
export const refusalReasons = [
  "version",
  "other_incarnation",
  "quarantined",
  "unknown_session",
  "invalid",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export type Frame =
  | {
      readonly kind: "hello";
      readonly session: number;
      /** The first sequence number that is not acknowledged. */
      readonly firstSequence: number;
      readonly version: number;
      readonly node: NodeId;
      /** Where the greeter listens. */
      readonly address: string;
      /** The incarnation that the session belongs to; 0 for a new session. */
      readonly wanted: number;
    }
  | {
      readonly kind: "welcome";
      readonly session: number;
      readonly acknowledged: number;
      readonly node: NodeId;
    }
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
      readonly session: number;
      readonly firstSequence: number;
      readonly messages: number;
      readonly payloads: number;
    }
  | {
      readonly kind: "ack";
      readonly session: number;
      /** Everything up to this sequence number was delivered. */
      readonly acknowledged: number;
      /** Something after it is missing: please send it again. */
      readonly isGap: boolean;
    }
  /** Asks for an acknowledgement; `nextSequence` tells what should have arrived before. */
  | { readonly kind: "ping"; readonly session: number; readonly nextSequence: number }
  | { readonly kind: "goodbye"; readonly session: number }
  /** The receiver does not know this session: greet again. */
  | { readonly kind: "unknown"; readonly session: number };

export type FrameOf<K extends Frame["kind"]> = Extract<Frame, { readonly kind: K }>;

/** What follows a hello along the connection. */
export type StreamFrame = FrameOf<"batch" | "ping" | "goodbye" | "refuse">;
/** What comes back on it. */
export type ReplyFrame = FrameOf<"welcome" | "ack" | "refuse" | "goodbye" | "unknown">;

export const isStreamFrame = (frame: Frame): frame is StreamFrame =>
  ["batch", "ping", "goodbye", "refuse"].includes(frame.kind);

export const isReplyFrame = (frame: Frame): frame is ReplyFrame =>
  ["welcome", "ack", "refuse", "goodbye", "unknown"].includes(frame.kind);

const kinds = [
  "",
  "hello",
  "welcome",
  "refuse",
  "batch",
  "ack",
  "ping",
  "goodbye",
  "unknown",
] as const;
const textBytesMax = 1_024;

/** Any frame but a batch. */
export function encodeFrame(frame: Exclude<Frame, { readonly kind: "batch" }>): Buffer {
  switch (frame.kind) {
    case "hello":
      return withFields(frame, frame.firstSequence, [
        frame.version,
        frame.node.name,
        frame.node.incarnation,
        frame.address,
        frame.wanted,
      ]);
    case "welcome":
      return withFields(frame, frame.acknowledged, [frame.node.name, frame.node.incarnation]);
    case "refuse":
      return withFields(frame, refusalReasons.indexOf(frame.reason), [
        frame.node.name,
        frame.node.incarnation,
        frame.text,
      ]);
    case "ack": {
      const bytes = withFields(frame, frame.acknowledged, []);
      bytes[1] = frame.isGap ? 1 : 0;
      return bytes;
    }
    case "ping":
      return withFields(frame, frame.nextSequence, []);
    case "goodbye":
    case "unknown":
      return withFields(frame, 0, []);
    default:
      return frame satisfies never;
  }
}

/** Fills the header that a batch's bytes begin with. Only before they are first sent. */
export function writeBatchHeader(bytes: Buffer, batch: Omit<FrameOf<"batch">, "kind">): void {
  writeHeader(bytes, "batch", batch.session, batch.firstSequence);
  bytes.writeUInt16BE(batch.payloads, 2);
  bytes.writeUInt32BE(batch.messages, 4);
}

/** Fails with `invalid` and says what is wrong. */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes.length < headerBytes) {
    throw new Failure("invalid", `a frame has at least ${headerBytes} bytes, got ${bytes.length}`);
  }
  const kind = kinds[bytes[0] ?? 0];
  const session = safeInteger(bytes.readDoubleBE(8), 1, "session");
  const sequence = bytes.readDoubleBE(16);
  switch (kind) {
    case "batch":
      return {
        kind,
        session,
        firstSequence: safeInteger(sequence, 1, "sequence"),
        messages: safeInteger(bytes.readUInt32BE(4), 1, "number of messages"),
        payloads: bytes.readUInt16BE(2),
      };
    case "ack": {
      const acknowledged = safeInteger(sequence, 0, "sequence");
      return { kind, session, acknowledged, isGap: bytes[1] === 1 };
    }
    case "ping":
      return { kind, session, nextSequence: safeInteger(sequence, 1, "sequence") };
    case "goodbye":
    case "unknown":
      return { kind, session };
    case "hello":
    case "welcome":
    case "refuse":
      return decodeGreeting(kind, session, sequence, new FieldReader(bytes));
    default:
      throw new Failure("invalid", `there is no frame of kind ${bytes[0]}`);
  }
}

function decodeGreeting(
  kind: "hello" | "welcome" | "refuse",
  session: number,
  sequence: number,
  fields: FieldReader,
): Frame {
  switch (kind) {
    case "hello":
      return {
        kind,
        session,
        firstSequence: safeInteger(sequence, 1, "sequence"),
        version: safeInteger(fields.number(), 0, "version"),
        node: fields.node(),
        address: fields.text(),
        wanted: safeInteger(fields.number(), 0, "incarnation"),
      };
    case "welcome": {
      const acknowledged = safeInteger(sequence, 0, "sequence");
      return { kind, session, acknowledged, node: fields.node() };
    }
    case "refuse": {
      const reason = refusalReasons[sequence];
      if (reason === undefined) throw new Failure("invalid", `unknown refusal ${sequence}`);
      return { kind, session, reason, node: fields.node(), text: fields.text() };
    }
    default:
      return kind satisfies never;
  }
}

function withFields(
  frame: Exclude<Frame, { readonly kind: "batch" }>,
  sequence: number,
  fields: readonly (string | number)[],
): Buffer {
  const texts = fields.map((field) => (typeof field === "string" ? Buffer.from(field) : field));
  const size = texts.reduce<number>(
    (sum, field) => sum + (typeof field === "number" ? 8 : 2 + field.length),
    headerBytes,
  );
  const bytes = Buffer.alloc(size);
  writeHeader(bytes, frame.kind, frame.session, sequence);
  let position = headerBytes;
  for (const field of texts) {
    if (typeof field === "number") position = bytes.writeDoubleBE(field, position);
    else {
      position = bytes.writeUInt16BE(field.length, position);
      position += field.copy(bytes, position);
    }
  }
  return bytes;
}

function writeHeader(bytes: Buffer, kind: Frame["kind"], session: number, sequence: number): void {
  bytes[0] = kinds.indexOf(kind);
  bytes[1] = 0;
  bytes.writeUInt16BE(0, 2);
  bytes.writeUInt32BE(0, 4);
  bytes.writeDoubleBE(session, 8);
  bytes.writeDoubleBE(sequence, 16);
}

function safeInteger(value: number, min: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new Failure("invalid", `a frame's ${what} is an integer from ${min} on, got ${value}`);
}

class FieldReader {
  readonly #bytes: Buffer;
  #position = headerBytes;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  text(): string {
    const length = this.#bytes.readUInt16BE(this.#take(2));
    if (length > textBytesMax) throw new Failure("invalid", `a text of ${length} bytes in a frame`);
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  node(): NodeId {
    const name = this.text();
    if (!namePattern.test(name)) throw new Failure("invalid", "a frame names no valid node");
    return { name, incarnation: safeInteger(this.number(), 1, "incarnation") };
  }

  #take(length: number): number {
    const start = this.#position;
    if (start + length > this.#bytes.length) throw new Failure("invalid", "a frame is cut short");
    this.#position += length;
    return start;
  }
}
