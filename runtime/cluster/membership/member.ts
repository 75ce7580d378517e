// A node as the cluster sees it: what the directory says of its session, and whether it is suspected.
import { isSameNode, type NodeId, namePattern } from "#protocols/address.ts";
import type { Entry, PlainValue } from "#protocols/cluster/directory-data.ts";
import { nodesPrefix } from "#protocols/cluster/directory-data.ts";
import type { Member, SessionStatus } from "#protocols/cluster/membership-protocol.ts";
import type { Topic } from "#runtime/core/event-bus.ts";
import type { Verdict } from "./evidence.ts";
import { readSuspects, type Suspects } from "./suspicion-votes.ts";

export type {
  Member,
  MemberStatus,
  SessionStatus,
} from "#protocols/cluster/membership-protocol.ts";

/** `left`: in order, after it had said so. `lost`: its session was closed otherwise, or ran out. */
export type MemberEnd = "left" | "lost" | "superseded";

export type MemberEvent =
  | { readonly kind: "joined" | "up" | "leaving"; readonly member: Member }
  | { readonly kind: "down"; readonly member: Member; readonly end: MemberEnd }
  | { readonly kind: "suspected"; readonly member: Member; readonly verdict: Verdict }
  /** Suspected no longer. */
  | { readonly kind: "trusted"; readonly member: Member }
  /** Its record or its state is another. */
  | { readonly kind: "changed"; readonly member: Member };

/** Each event of each member of the cluster, once, as this node learns of it. */
export const memberTopic: Topic<MemberEvent> = { name: "troupe.member" };

/** A session as its entry shows it. */
export interface MemberEntry {
  readonly node: NodeId;
  readonly status: SessionStatus;
  readonly record: PlainValue;
  readonly state: PlainValue;
  /** Whom it suspects. */
  readonly suspects: Suspects;
}

/** Undefined for an entry that tells of no session. */
export function readMember({ key, value }: Entry): MemberEntry | undefined {
  const name = key.slice(nodesPrefix.length);
  if (!key.startsWith(nodesPrefix) || !namePattern.test(name)) return undefined;
  const incarnation = field(value, "incarnation");
  if (typeof incarnation !== "number" || !Number.isSafeInteger(incarnation) || incarnation < 1) {
    return undefined;
  }
  const state = field(value, "state") ?? null;
  const said = field(state, "status");
  const status = said === "joining" || said === "leaving" ? said : "up";
  const suspects = readSuspects(field(state, "suspects"));
  const record = field(value, "record") ?? null;
  return { node: { name, incarnation }, status, record, state: withoutSuspects(state), suspects };
}

/** They are opinions of others' sessions, and come and go: no news of this one. */
function withoutSuspects(state: PlainValue): PlainValue {
  if (field(state, "suspects") === undefined || typeof state !== "object") return state;
  const rest = Object.entries(state ?? {}).filter(([key]) => key !== "suspects");
  return rest.length === 0 ? null : Object.fromEntries(rest);
}

/** Where its heartbeats are published: `heartbeats` of its record. */
export const heartbeatAddress = (record: PlainValue): string | undefined =>
  textIn(record, "heartbeats");

/** Where its links listen: `address` of its record. */
export const linkAddress = (record: PlainValue): string | undefined => textIn(record, "address");

function textIn(record: PlainValue, name: string): string | undefined {
  const text = field(record, name);
  return typeof text === "string" && text !== "" ? text : undefined;
}

export const isSaid = (a: MemberEntry, b: MemberEntry): boolean =>
  isSameNode(a.node, b.node) &&
  a.status === b.status &&
  JSON.stringify(a.record) === JSON.stringify(b.record) &&
  JSON.stringify(a.state) === JSON.stringify(b.state);

function field(value: PlainValue | undefined, name: string): PlainValue | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  for (const [key, item] of Object.entries(value)) if (key === name) return item;
  return undefined;
}
