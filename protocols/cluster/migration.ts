// What nodes say to each other when a living actor moves, as plain data with schemas.
//
// An actor keeps its identity (`ActorId`: birth node, its incarnation, uid) wherever it lives. Each move
// adds one to its epoch, 0 being the life at the birth node. A message is addressed to an incarnation:
// (actor, epoch). Most actors never move: nothing in this file travels on their behalf.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { type Address, formatNode } from "../address.ts";
import { Failure } from "../failure.ts";
import { limits } from "../limits.ts";
import { bytesUpTo } from "../schema.ts";

/** A node's name and life, as `formatNode` writes them. */
export type NodeKey = string;
/** `<birth node>#<uid>`: says who an actor is, wherever it lives. */
export type ActorId = string;

export const migrationLimits = {
  /** Bytes of one part of a state or mailbox in transit. Larger: the sender cuts it into parts. */
  partBytesMax: 256 * 1024,
  /** Parts of one transfer or commit. More: the actor stays, `state_too_large`. */
  partsMax: 4_096,
  /** Moved actors whose place one node remembers. Full: it keeps to the old path, which stays right. */
  positionsMax: 100_000,
  /** Departures that one node remembers. Full: further actors stay, `forwarding_full`. */
  forwardsMax: 100_000,
  /** Actors moving away from one node at a time. Full: the next one stays, `too_many_moving`. */
  departuresMax: 256,
  /** Actors arriving at one node at a time. Full: the next one is refused, `arrivals_full`. */
  arrivalsMax: 256,
  /** Messages held for one moved actor until older ones have come. Full: the newest is lost, reported. */
  heldMax: 100_000,
  /** Messages that wait for one moving actor. Full: the newest is lost, reported. */
  waitingMax: 100_000,
  /** Messages for one moving actor somewhere on their way. More: their senders pause for a little. */
  crowdMin: 500,
  /** Messages that wait for room in a moved actor's mailbox. Full: the newest is lost, reported. */
  keptMax: 300_000,
  /** Messages of one node that wait until a place is found. Full: the newest is lost, reported. */
  parkedMax: 100_000,
  /** Milliseconds for the handler in progress when its actor is to move. Over: the actor stays. */
  freezeMsMax: 5_000,
  /** Milliseconds for the target to prepare and for all probes to come back. Over: the actor stays. */
  prepareMsMax: 5_000,
  /** Milliseconds for a target to confirm that it dropped a copy. Over: the directory voids the copy. */
  dropMsMax: 500,
  /** Milliseconds from one question to a directory that did not answer to the next. */
  claimRetryMs: 250,
  /** Milliseconds after a node's removal in which all others have heard of it. */
  settleMs: 5_000,
} as const;

/** Only an actor that is known by its uid has an identity; a path alone names whoever bears it. */
export function actorIdOf(address: Address): ActorId {
  if (address.uid === 0 || address.node.incarnation === 0) {
    const text = `${address.path} names a place, not an actor: resolve it to a uid and a life first`;
    throw new Failure("invalid", text);
  }
  return `${formatNode(address.node)}#${address.uid}`;
}

export const birthNodeOf = (aid: ActorId): NodeKey => aid.slice(0, aid.lastIndexOf("#"));
export const actorUidOf = (aid: ActorId): number => Number(aid.slice(aid.lastIndexOf("#") + 1));

const Node = Type.String({ minLength: 1, maxLength: 96 });
const Actor = Type.String({ pattern: "^[^#]{1,96}#[1-9][0-9]{0,15}$" });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Text = Type.String({ maxLength: 4_096 });
const Bytes = bytesUpTo(limits.payloadBytesMax);

/** Where an incarnation lives. */
export const Location = Type.Object({ node: Node, epoch: Count });
export type Location = Static<typeof Location>;

/** The directory's entry of a moved actor; its revision is the fence. Not bound to any session. */
export const LocationEntry = Type.Object({ node: Node, epoch: Count, by: Node });
export type LocationEntry = Static<typeof LocationEntry>;

export const locationKey = (aid: ActorId): string => `moved/${aid}`;

/** What a message to a moved actor bears beside itself. Absent: version 0, epoch 0, no start. */
export const StreamHeader = Type.Object({
  aid: Actor,
  /** The node that sent it first; relays keep it. */
  origin: Node,
  /** The incarnation that it is addressed to on this hop. */
  epoch: Count,
  /** The epoch at which the origin believed the actor to be when it sent. */
  version: Count,
  /** The origin begins anew: nothing that it sent before comes after this. */
  start: Type.Boolean(),
});
export type StreamHeader = Static<typeof StreamHeader>;

const MigrationName = {
  /** Names the attempt among all of its source. */
  migration: Count,
  aid: Actor,
  /** The epoch that the actor would have at the target. */
  epoch: Count,
};
const partNumbers = {
  part: Count,
  parts: Type.Integer({ minimum: 1, maximum: migrationLimits.partsMax }),
};

/** A part of what moves with an actor. The caller encodes and cuts; only bytes travel. */
export const CargoPart = Type.Object({
  kind: Type.Union([Type.Literal("transfer"), Type.Literal("commit")]),
  ...MigrationName,
  /**
   * The directory's revision. In a transfer the one that the copy is bound to: once it is gone, so is
   * the copy's right. In a commit the one by which the target owns the actor.
   */
  revision: Count,
  ...partNumbers,
  messages: Count,
  bytes: Bytes,
  payloads: Type.Array(Bytes),
});
export type CargoPart = Static<typeof CargoPart>;

/** What is small, whole, and about migration alone. */
export const MigrationNotice = Type.Union([
  Type.Object({ kind: Type.Literal("prepared"), ...MigrationName }),
  Type.Object({ kind: Type.Literal("refused"), ...MigrationName, reason: Text, detail: Text }),
  Type.Object({ kind: Type.Literal("committed"), ...MigrationName }),
  Type.Object({ kind: Type.Literal("abort"), ...MigrationName, reason: Text }),
  Type.Object({ kind: Type.Literal("aborted"), ...MigrationName }),
  Type.Object({ kind: Type.Literal("moved"), aid: Actor, node: Node, epoch: Count }),
  Type.Object({ kind: Type.Literal("broken"), aid: Actor, epoch: Count }),
  /** May the relay forget that way? `closed`: yes, nothing of mine comes over it any more. */
  Type.Object({ kind: Type.Literal("close"), aid: Actor, epoch: Count }),
  Type.Object({ kind: Type.Literal("closed"), aid: Actor, epoch: Count }),
  Type.Object({ kind: Type.Literal("probe-ack"), probe: Count }),
  /** Declare that node down, drop whatever still comes of it, and say so. */
  Type.Object({ kind: Type.Literal("sever"), node: Node }),
  Type.Object({ kind: Type.Literal("severed"), node: Node }),
]);
export type MigrationNotice = Static<typeof MigrationNotice>;

const noticeCheck = Compile(MigrationNotice);
const partCheck = Compile(CargoPart);
const headerCheck = Compile(StreamHeader);
const locationCheck = Compile(LocationEntry);

export const isLocationEntry = (value: unknown): value is LocationEntry =>
  locationCheck.Check(value);

/** Checks what came from a peer. Fails with `invalid`, naming the first place that does not fit. */
export function readMigrationNotice(value: unknown): MigrationNotice {
  if (noticeCheck.Check(value)) return value;
  throw refused("notice", [...noticeCheck.Errors(value)]);
}

/** As above; also fails for a part that its own numbers do not allow. */
export function readCargoPart(value: unknown): CargoPart {
  if (!partCheck.Check(value)) throw refused("part", [...partCheck.Errors(value)]);
  if (value.part < value.parts) return value;
  const text = `part ${value.part} of ${value.parts} does not exist; number parts from 0`;
  throw new Failure("invalid", text);
}

export function readStreamHeader(value: unknown): StreamHeader {
  if (headerCheck.Check(value)) return value;
  throw refused("header", [...headerCheck.Errors(value)]);
}

function refused(
  what: string,
  [first]: readonly { readonly instancePath: string; readonly message: string }[],
): Failure {
  const where = first ? `${first.instancePath || "it"} ${first.message}` : "no kind fits";
  return new Failure(
    "invalid",
    `a ${what} of a moving actor was refused: ${where}; run equal versions`,
  );
}

/** Why an actor stays where it is. */
export const notMigratableReasons = {
  pinned: "its class is pinned to its node",
  class_unknown: "its class is not among the `actors` of its node",
  has_parent: "it is the child of another actor and lives and ends with that",
  has_children: "it has children, which would stay behind",
  handler_overdue: "its handler did not end in time",
  promise_not_piped: "it awaits a promise that is not registered with ctx.pipe",
  state_not_plain: "its state is not plain data that survives the codec",
  state_too_large: "its state needs more parts than one transfer may have",
  protocol_unknown: "the target does not know its protocol, or another version of it",
  target_unknown: "the target is no living member",
  target_is_here: "it lives there already",
  already_moving: "it is moving already",
  stopping: "it is ending",
  forwarding_full: "its node remembers as many departures as it may",
  too_many_moving: "as many actors as may are moving from its node",
  arrivals_full: "as many actors as may are arriving at the target",
  target_lost: "the target's node went down",
  target_refused: "the target refused it",
  prepare_overdue: "the target or a probe did not answer in time",
  directory_lost: "the directory shows another owner",
  withdrawn: "the move was withdrawn",
} as const;
export type NotMigratableReason = keyof typeof notMigratableReasons;

export const isNotMigratableReason = (text: string): text is NotMigratableReason =>
  Object.hasOwn(notMigratableReasons, text);
