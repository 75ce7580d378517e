// What a node's own actors and services ask of the one that keeps its view of the members.
import Type from "typebox";
import { type NodeId, namePattern } from "../address.ts";
import { ask, protocol, tell } from "../protocol.ts";
import type { DialSight } from "./dial-sight.ts";
import type { PlainValue } from "./directory-data.ts";

/** What the directory says. A node says `joining` or `leaving` of itself, as `status` of its state. */
export type SessionStatus = "joining" | "up" | "leaving";

/** `suspect` stands before what the directory says, as long as it lasts; `down` is for good. */
export type MemberStatus = SessionStatus | "suspect" | "down";

export interface Member {
  readonly node: NodeId;
  readonly status: MemberStatus;
  /** What it gave when it joined: addresses, roles, capabilities. */
  readonly record: PlainValue;
  /** What it last said of itself: its load. */
  readonly state: PlainValue;
  /** Why it is what it is, in words. */
  readonly why: string;
}

export interface LinkSight {
  readonly peer: string;
  readonly sight: DialSight;
}

/** Where it lives on each node of a cluster. */
export const membershipPath = "/membership";

export interface MembershipService {
  /** All members but those that are down, in the order of their joining. */
  members(): readonly Member[];
  /** What dialling a node's link has shown; of a node that is not watched it means nothing. */
  linkDialled(seen: LinkSight): void;
}

const dialKind = Type.Union([
  Type.Literal("alive"),
  Type.Literal("broken"),
  Type.Literal("refused"),
  Type.Literal("hung_up"),
  Type.Literal("unanswered"),
  Type.Literal("no_handshake"),
  Type.Literal("unwelcome"),
]);

export const MembershipService = protocol<MembershipService>("troupe.Membership@1", {
  members: ask({ readonly: true }),
  linkDialled: tell,
}).checked({
  members: [],
  linkDialled: [
    Type.Object({
      peer: Type.String({ pattern: namePattern.source }),
      sight: Type.Object({ kind: dialKind, sinceMs: Type.Number() }),
    }),
  ],
});
