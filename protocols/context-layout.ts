// What a message bears beside its arguments, as fields of an envelope: sender's node (empty for the
// sending one), path, uid and protocol, trace, chain. Most messages between actors have a sender only.
import { formatNode, parseNode } from "./address.ts";
import { corrupt } from "./byte-cursor.ts";
import type { EnvelopeContext } from "./envelope.ts";
import { sendableName, sendablePath } from "./envelope-names.ts";
import { limits } from "./limits.ts";
import type { PlainWriter } from "./plain-writer.ts";

/** Fields of a context. */
export const contextFields = 6;

const traceLengthMax = 128;
const chainLengthMax = limits.askChainMax * 128;
/** Stands for a message that no actor sent. */
export const nobody = { path: "/", uid: 0, protocolId: "-" } as const;

export function layOutContext(
  { sender, trace, chain }: EnvelopeContext,
  writer: PlainWriter,
): void {
  writer.text(sender.node ? formatNode(sender.node) : "");
  writer.text(sendablePath(sender.path));
  writer.number(sender.uid);
  writer.text(sendableName(sender.protocolId));
  writer.text(trace.slice(0, traceLengthMax));
  writer.text(chain.length === 0 ? "" : chain.join(" ").slice(0, chainLengthMax));
}

export interface ContextReader {
  path(): string;
  count(): number;
  name(): string;
  value(): unknown;
}

export function readContext(reader: ContextReader): EnvelopeContext {
  const home = reader.value();
  const node = typeof home === "string" && home !== "" ? parseNode(home) : undefined;
  if (home !== "" && node === undefined) throw corrupt("holds a malformed sender");
  const actor = { path: reader.path(), uid: reader.count(), protocolId: reader.name() };
  const sender = node ? { node, ...actor } : actor;
  const trace = reader.value();
  const chain = reader.value();
  if (typeof trace !== "string" || trace.length > traceLengthMax) {
    throw corrupt("holds a malformed trace");
  }
  if (typeof chain !== "string" || chain.length > chainLengthMax) {
    throw corrupt("holds a malformed chain of asks");
  }
  return { sender, trace, chain: chain === "" ? [] : chain.split(" ") };
}
