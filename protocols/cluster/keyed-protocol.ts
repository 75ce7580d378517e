// How nodes speak about the shards of keyed actors. Whoever sends to a node's shards attaches to it
// first, so that the node knows whom to ask when it hands a shard over:
//
//   sender ──attach──► owner          before the first message
//   owner ──hold(shard)──► senders    from now on keep what is for it
//   senders ──held(shard, so many sent)──► owner    who waits until it has had so many
import Type from "typebox";
import type { NodeId } from "../address.ts";
import { limits } from "../limits.ts";
import { ask, protocol, tell } from "../protocol.ts";
import type { Revision } from "./directory-data.ts";

/** A shard in one ownership of it. */
export interface ShardTenureId {
  readonly shard: number;
  readonly fence: Revision;
}

/** The owner that gives the shard away. */
export interface HoldRequest extends ShardTenureId {
  readonly owner: NodeId;
}

export interface AttachRequest {
  readonly sender: NodeId;
}

export interface Attached {
  /** Shards that are being handed over: nothing may be sent for them. */
  readonly leaving: readonly ShardTenureId[];
}

export interface HeldReport extends ShardTenureId {
  readonly sender: NodeId;
  /** Messages that it has sent for the shard to this owner, ever. */
  readonly sent: number;
}

export interface KeyedService {
  /** Attaching again changes nothing. Fails with `unavailable` where the kind is not hosted. */
  attach(request: AttachRequest): Attached;
  hold(request: HoldRequest): void;
  held(report: HeldReport): void;
}

/** Where a kind's keeper lives on each node that uses the kind. */
export const keyedPath = (kind: string): string => `/${keeperName(kind)}`;
export const keeperName = (kind: string): string => `keyed.${kind}`;

/** Addresses of keyed actors name this instead of a node: `troupe://$keyed/account/ada`. */
export const keyedRealm = "$keyed";

const Node = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  incarnation: Type.Integer({ minimum: 1 }),
});
const shard = Type.Integer({ minimum: 0, maximum: limits.keyedShardsMax - 1 });
const fence = Type.Integer({ minimum: 0 });

export const KeyedService = protocol<KeyedService>("troupe.Keyed@1", {
  attach: ask({ within: 2_000 }),
  hold: tell,
  held: tell,
}).checked({
  attach: [Type.Object({ sender: Node })],
  hold: [Type.Object({ shard, fence, owner: Node })],
  held: [Type.Object({ shard, fence, sender: Node, sent: Type.Integer({ minimum: 0 }) })],
});
