// Frames to bytes and back. What comes in is anybody's: every number is checked where it is read.
import { type NodeId, namePattern } from "./address.ts";
import { Failure } from "./failure.ts";
import { type Field, FieldReader, writeFields } from "./frame-fields.ts";
import { isSealed, sealFrame } from "./frame-seal.ts";
import {
  chunkHeaderBytes,
  type Frame,
  type FrameOf,
  headerBytes,
  refusalReasons,
} from "./frames.ts";
import type { Lane, PerLane } from "./lanes.ts";
import { linkLimits } from "./link-limits.ts";

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
  "challenge",
  "chunk",
] as const;
const lanes: readonly Lane[] = ["control", "messages", "bulk"];
const tableFlag = 0x80;

/** Any frame whose fields do not stand at fixed places. */
export function encodeFrame(frame: Exclude<Frame, { readonly kind: "batch" | "chunk" }>): Buffer {
  const bytes = writeFields(headerBytes, fieldsOf(frame));
  writeHeader(bytes, frame.kind, frame.session, 0);
  if (frame.kind === "ack") bytes[1] = gapBits(frame.gaps);
  sealFrame(bytes);
  return bytes;
}

function fieldsOf(frame: Exclude<Frame, { readonly kind: "batch" | "chunk" }>): readonly Field[] {
  switch (frame.kind) {
    case "hello":
      return [
        ...laneFields(frame.first),
        ...[frame.versionMin, frame.version],
        ...nodeFields(frame.node),
        ...[frame.cluster, frame.address, frame.wanted],
        ...[frame.introduction, frame.nonce, frame.proof],
      ];
    case "welcome":
      return [
        ...laneFields(frame.acknowledged),
        frame.version,
        ...nodeFields(frame.node),
        frame.introduction,
      ];
    case "challenge":
      return [frame.nonce];
    case "refuse":
      return [refusalReasons.indexOf(frame.reason), ...nodeFields(frame.node), frame.text];
    case "ack":
      return [...laneFields(frame.acknowledged), frame.messagesMax, frame.bytesMax];
    case "ping":
      return laneFields(frame.next);
    case "goodbye":
    case "unknown":
      return [];
    default:
      return frame satisfies never;
  }
}

/** Fills the header that a batch's bytes begin with; `others` follow it. Before it is first sent. */
export function sealBatch(
  bytes: Buffer,
  batch: Omit<FrameOf<"batch">, "kind">,
  others: readonly Uint8Array[],
): void {
  writeHeader(bytes, "batch", batch.session, batch.firstSequence);
  bytes[1] = lanes.indexOf(batch.lane) | (batch.hasTable ? tableFlag : 0);
  bytes.writeUInt16BE(batch.payloads, 2);
  bytes.writeUInt32BE(batch.messages, 4);
  sealFrame(bytes, others);
}

/** The head of a chunk of these bytes, which follow it. */
export function encodeChunk(chunk: Omit<FrameOf<"chunk">, "kind">, piece: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(chunkHeaderBytes);
  writeHeader(bytes, "chunk", chunk.session, chunk.sequence);
  bytes.writeDoubleBE(chunk.transfer, headerBytes);
  bytes.writeDoubleBE(chunk.size, headerBytes + 8);
  bytes.writeDoubleBE(chunk.offset, headerBytes + 16);
  sealFrame(bytes, [piece]);
  return bytes;
}

/** The first part says what the frame is. Fails with `invalid` and says what is wrong. */
export function decodeFrame([bytes, ...others]: readonly Buffer[]): Frame {
  if (bytes === undefined || bytes.length < headerBytes) {
    const text = `a frame has at least ${headerBytes} bytes, got ${bytes?.length ?? 0}`;
    throw new Failure("invalid", text);
  }
  if (!isSealed(bytes, others)) {
    throw new Failure("invalid", "a frame's checksum does not fit: it was changed on its way");
  }
  const kind = kinds[bytes[0] ?? 0];
  const session = safeInteger(bytes.readDoubleBE(8), 1, "session");
  if (kind === "batch") return decodeBatchHeader(bytes, session);
  if (kind === "chunk") return decodeChunkHeader(bytes, session);
  const fields = new FieldReader(bytes, headerBytes);
  const frame = decodeFields(kind, session, fields, bytes[1] ?? 0);
  fields.end();
  return frame;
}

function decodeBatchHeader(bytes: Buffer, session: number): Frame {
  const flags = bytes[1] ?? 0;
  const lane = lanes[flags & ~tableFlag];
  if (lane === undefined || lane === "bulk") {
    throw new Failure("invalid", `there is no lane ${flags & ~tableFlag} for batches`);
  }
  return {
    kind: "batch",
    lane,
    session,
    firstSequence: safeInteger(bytes.readDoubleBE(16), 1, "sequence"),
    messages: safeInteger(bytes.readUInt32BE(4), 1, "number of messages"),
    payloads: bytes.readUInt16BE(2),
    hasTable: (flags & tableFlag) !== 0,
  };
}

function decodeChunkHeader(bytes: Buffer, session: number): Frame {
  if (bytes.length !== chunkHeaderBytes) {
    throw new Failure("invalid", `a chunk's head has ${chunkHeaderBytes} bytes`);
  }
  return {
    kind: "chunk",
    session,
    sequence: safeInteger(bytes.readDoubleBE(16), 1, "sequence"),
    transfer: safeInteger(bytes.readDoubleBE(headerBytes), 1, "transfer"),
    size: safeInteger(bytes.readDoubleBE(headerBytes + 8), 1, "size"),
    offset: safeInteger(bytes.readDoubleBE(headerBytes + 16), 0, "offset"),
  };
}

function decodeFields(
  kind: (typeof kinds)[number] | undefined,
  session: number,
  fields: FieldReader,
  flags: number,
): Frame {
  switch (kind) {
    case "hello":
      return {
        kind,
        session,
        first: readLanes(fields, 1),
        versionMin: readInteger(fields, 0, "version"),
        version: readInteger(fields, 0, "version"),
        node: readNode(fields),
        cluster: fields.text(),
        address: fields.text(),
        wanted: readInteger(fields, 0, "incarnation"),
        introduction: fields.bytes(linkLimits.introductionBytesMax),
        nonce: fields.bytes(linkLimits.proofBytesMax),
        proof: fields.bytes(linkLimits.proofBytesMax),
      };
    case "welcome":
      return {
        kind,
        session,
        acknowledged: readLanes(fields, 0),
        version: readInteger(fields, 0, "version"),
        node: readNode(fields),
        introduction: fields.bytes(linkLimits.introductionBytesMax),
      };
    case "challenge":
      return { kind, session, nonce: fields.bytes(linkLimits.proofBytesMax) };
    case "refuse": {
      const reason = refusalReasons[fields.number()];
      if (reason === undefined) throw new Failure("invalid", "a frame refuses for no known reason");
      return { kind, session, reason, node: readNode(fields), text: fields.text() };
    }
    case "ack":
      return {
        kind,
        session,
        acknowledged: readLanes(fields, 0),
        gaps: { control: (flags & 1) !== 0, messages: (flags & 2) !== 0, bulk: (flags & 4) !== 0 },
        messagesMax: readInteger(fields, 0, "credit"),
        bytesMax: readInteger(fields, 0, "credit"),
      };
    case "ping":
      return { kind, session, next: readLanes(fields, 1) };
    case "goodbye":
    case "unknown":
      return { kind, session };
    default:
      throw new Failure("invalid", `there is no frame of kind ${kind ?? "unknown"}`);
  }
}

const laneFields = ({ control, messages, bulk }: PerLane<number>): readonly Field[] => [
  control,
  messages,
  bulk,
];

const nodeFields = ({ name, incarnation }: NodeId): readonly Field[] => [name, incarnation];

const gapBits = ({ control, messages, bulk }: PerLane<boolean>): number =>
  (control ? 1 : 0) | (messages ? 2 : 0) | (bulk ? 4 : 0);

function writeHeader(bytes: Buffer, kind: Frame["kind"], session: number, sequence: number): void {
  bytes[0] = kinds.indexOf(kind);
  bytes[1] = 0;
  bytes.writeUInt16BE(0, 2);
  bytes.writeUInt32BE(0, 4);
  bytes.writeDoubleBE(session, 8);
  bytes.writeDoubleBE(sequence, 16);
}

const readLanes = (fields: FieldReader, min: number): PerLane<number> => ({
  control: readInteger(fields, min, "sequence"),
  messages: readInteger(fields, min, "sequence"),
  bulk: readInteger(fields, min, "sequence"),
});

const readInteger = (fields: FieldReader, min: number, what: string): number =>
  safeInteger(fields.number(), min, what);

function readNode(fields: FieldReader): NodeId {
  const name = fields.text();
  if (!namePattern.test(name)) throw new Failure("invalid", "a frame names no valid node");
  return { name, incarnation: readInteger(fields, 1, "incarnation") };
}

function safeInteger(value: number, min: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new Failure("invalid", `a frame's ${what} is an integer from ${min} on, got ${value}`);
}
