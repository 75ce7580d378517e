// What a node says of itself twice a second: that it runs, and whom of those that it watches it hears.
// One frame, big-endian, the numbers of fixed size first, sealed like a link's:
//
//    0     1        2      3       4            8             16          24      28
//   kind  version  hears  misses  interval ms  incarnation   sequence    crc32   texts ...
//   u8    u8       u8     u8      u32          f64           f64         u32     u16 + UTF-8 each
//
// The texts are the node's name, then `name~incarnation` of those it hears, then of those it misses.
import { formatNode, type NodeId, namePattern, parseNode } from "../address.ts";
import { Failure } from "../failure.ts";
import { FieldReader, writeFields } from "../frame-fields.ts";
import { isSealed, sealFrame } from "../frame-seal.ts";
import { membershipLimits } from "./membership-limits.ts";

export interface Heartbeat {
  readonly node: NodeId;
  /** From 1, one more each time. */
  readonly sequence: number;
  /** Milliseconds until the next one. */
  readonly intervalMs: number;
  /** Of the nodes that it watches. */
  readonly hears: readonly NodeId[];
  readonly misses: readonly NodeId[];
}

const headerBytes = 28;
/** No kind of a link's frames. */
const kind = 0x48;
const version = 1;

/** Leaves names out beyond `namesMax`, of those that are heard first. */
export function encodeHeartbeat(heartbeat: Heartbeat): Buffer {
  const { node, sequence, intervalMs } = heartbeat;
  const misses = heartbeat.misses.slice(0, membershipLimits.namesMax);
  const hears = heartbeat.hears.slice(0, membershipLimits.namesMax - misses.length);
  const names = [...hears, ...misses].map(formatNode);
  const frame = writeFields(headerBytes, [node.name, ...names]);
  frame.set([kind, version, hears.length, misses.length]);
  frame.writeUInt32BE(intervalMs, 4);
  frame.writeDoubleBE(node.incarnation, 8);
  frame.writeDoubleBE(sequence, 16);
  sealFrame(frame);
  return frame;
}

/** Fails with `invalid` for what no node of this version says. */
export function decodeHeartbeat(frame: Buffer): Heartbeat {
  const { heartbeatBytesMax, heartbeatMsMax, heartbeatMsMin } = membershipLimits;
  if (frame.length < headerBytes || frame.length > heartbeatBytesMax) {
    const bounds = `${headerBytes} to ${heartbeatBytesMax}`;
    throw refused(`it has ${frame.length} bytes instead of ${bounds}`);
  }
  if (frame[0] !== kind) throw refused(`it begins with ${frame[0]} instead of ${kind}`);
  if (frame[1] !== version) throw refused(`it is of version ${frame[1]}, this node of ${version}`);
  if (!isSealed(frame, [])) throw refused("its checksum is wrong");
  const fields = new FieldReader(frame, headerBytes);
  const name = fields.text();
  if (!namePattern.test(name)) throw refused(`${JSON.stringify(name)} is no name of a node`);
  const intervalMs = frame.readUInt32BE(4);
  if (intervalMs < heartbeatMsMin || intervalMs > heartbeatMsMax) {
    throw refused(`its interval of ${intervalMs} ms is out of bounds`);
  }
  const node = { name, incarnation: wholeNumber(frame.readDoubleBE(8), "incarnation") };
  const sequence = wholeNumber(frame.readDoubleBE(16), "sequence");
  const hears = readNodes(fields, frame[2] ?? 0);
  const misses = readNodes(fields, frame[3] ?? 0);
  fields.end();
  return { node, sequence, intervalMs, hears, misses };
}

function readNodes(fields: FieldReader, count: number): readonly NodeId[] {
  if (count > membershipLimits.namesMax) throw refused(`it names ${count} nodes`);
  return Array.from({ length: count }, () => {
    const text = fields.text();
    const node = parseNode(text);
    if (!node || node.incarnation === 0) throw refused(`${JSON.stringify(text)} is no node`);
    return node;
  });
}

function wholeNumber(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw refused(`its ${what} is ${value}`);
}

const refused = (seen: string): Failure =>
  new Failure("invalid", `a heartbeat is refused: ${seen}`);
