// What a node tells its peers of the protocols it knows, so that two releases find out when they
// greet each other where they differ, and not by misread messages.
//
//   may differ        messages that one of them does not have, optional fields
//   is refused        anything else: that protocol's messages, by name; all others go on
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { ArgumentSchema } from "./argument-check.ts";
import { Failure } from "./failure.ts";
import { linkLimits } from "./link-limits.ts";
import type { Protocol } from "./protocol.ts";
import { type ComparedSchema, misfit } from "./schema-fit.ts";

const MethodEntry = Type.Object({
  kind: Type.Union([Type.Literal("tell"), Type.Literal("ask")]),
  /** Of each argument; absent when they are not checked. */
  arguments: Type.Optional(Type.Array(Type.Unknown())),
});
const Table = Type.Record(Type.String(), Type.Record(Type.String(), MethodEntry));
type MethodEntry = Static<typeof MethodEntry>;

/** By protocol id, then by method. */
export type ProtocolTable = Static<typeof Table>;

const check = Compile(Table);

export function tableOf(protocols: Iterable<Protocol<unknown>>): ProtocolTable {
  const table: ProtocolTable = {};
  for (const { id, methods } of protocols) {
    const entries: Record<string, MethodEntry> = {};
    for (const { name, kind, schemas } of methods.values()) {
      entries[name] = { kind: kind.kind, ...(schemas && { arguments: schemas.map(compared) }) };
    }
    table[id] = entries;
  }
  return table;
}

/** Schemas of other libraries than TypeBox are no JSON: of those anything may be sent. */
const compared = (schema: ArgumentSchema): unknown => ("~standard" in schema ? {} : schema);

/** Fails with `too_large` when a greeting cannot hold it. */
export function encodeTable(table: ProtocolTable): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(table));
  if (bytes.length <= linkLimits.introductionBytesMax) return bytes;
  const text = `the protocols of this node take ${bytes.length} bytes to describe`;
  const remedy = `at most ${linkLimits.introductionBytesMax} fit into a greeting: shorten their schemas`;
  throw new Failure("too_large", `${text}, ${remedy}`);
}

/** Fails with `invalid`. */
export function decodeTable(bytes: Uint8Array): ProtocolTable {
  const value: unknown = parsed(bytes);
  if (check.Check(value)) return value;
  throw new Failure("invalid", "a peer's table of protocols is malformed");
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Failure("invalid", "a peer's table of protocols is no JSON", cause);
  }
}

/** Why messages of the peer cannot be understood as the protocol has them; undefined when they can. */
export function breakingDifference(
  theirs: ProtocolTable,
  ours: Protocol<unknown>,
): string | undefined {
  const table = theirs[ours.id];
  if (table === undefined) return otherVersion(theirs, ours.id);
  for (const { name, kind, schemas } of ours.methods.values()) {
    const method = table[name];
    if (method === undefined) continue;
    if (method.kind !== kind.kind) {
      return `${name} is ${anOf(method.kind)} there and ${anOf(kind.kind)} here`;
    }
    const difference = argumentMisfit(name, method.arguments, schemas);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Another version of the same name is another protocol, and means to be incompatible. */
function otherVersion(theirs: ProtocolTable, id: string): string | undefined {
  const name = id.slice(0, id.lastIndexOf("@") + 1);
  const other = Object.keys(theirs).find((each) => each.startsWith(name));
  return other === undefined ? undefined : `there it is ${other}, here ${id}`;
}

function argumentMisfit(
  method: string,
  sent: readonly unknown[] | undefined,
  taken: readonly unknown[] | undefined,
): string | undefined {
  if (sent === undefined || taken === undefined) return undefined;
  if (sent.length > taken.length) {
    return `${method} has ${sent.length} arguments there and ${taken.length} here`;
  }
  for (const [index, own] of taken.entries()) {
    const place = `argument ${index + 1} of ${method}`;
    const given = sent[index];
    if (given === undefined) return `${place} is not sent there`;
    if (!isSchema(given) || !isSchema(own)) continue;
    const difference = misfit(given, own, place);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const anOf = (kind: "tell" | "ask"): string => (kind === "tell" ? "a tell" : "an ask");

const isSchema = (value: unknown): value is ComparedSchema =>
  typeof value === "object" && value !== null;
