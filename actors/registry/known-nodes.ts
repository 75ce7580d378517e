// The registry's book of nodes: who is known, in which life, and how it is. Pure: the old book and
// an event in, the new book out.
//
//              register            3 missed             10 missed, or its agent ended
//   unknown ─────────────► online ──────────► suspect ──────────────────────────► offline
//                            ▲   heartbeat      │                                    │
//                            └──────────────────┴── heartbeat; register if ended ────┘
//
// Who stays offline is removed (`node-removal.ts`), and unknown then. Who is heard and held by its operator, or in quarantine, is paused, draining or quarantined in the
// place of online. `node-memory.ts` brings in what the store remembers.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeHeartbeat, NodeRegistration, NodeView } from "#protocols/tasks/node.ts";
import type { NodeState } from "#protocols/tasks/node-record.ts";
import { excusedMs, healthOf, type Presence, presenceAfterSilence } from "./node-health.ts";

/** The two clocks at one moment: `now` decides, `wall` is for people. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

export interface KnownNode {
  readonly view: NodeView;
  /** Undefined: it is known from the store only. */
  readonly agent: NodeRegistration["agent"] | undefined;
  /** When it was last heard, by the registry's own clock. */
  readonly heardAt: number;
  /** When its status last changed, by the registry's own clock. */
  readonly changedAt: number;
  /** Its agent has ended: only a new registration brings it back. */
  readonly hasEnded: boolean;
}

export type Book = readonly KnownNode[];

export interface Admission {
  readonly book: Book;
  /** The agent that was known under this name before, when it is another one. */
  readonly replaced: AnyRef | undefined;
  /** Left out to make room. */
  readonly forgotten: KnownNode | undefined;
}

/** The book with the node online, or the failure that refuses it. */
export function admit(
  book: Book,
  registration: NodeRegistration,
  at: Moment & { readonly nodesMax: number },
): Admission | Failure {
  const { agent, name, incarnation, pid, capabilities } = registration;
  const { address = null, formerEnd = null } = registration;
  const known = book.find((node) => node.view.name === name);
  if (known && incarnation < known.view.incarnation) {
    return new Failure(
      "name_taken",
      `${name} has registered as incarnation ${known.view.incarnation}, this is ${incarnation}; ` +
        "stop the older process, or give the node another name",
    );
  }
  const forgotten = known || book.length < at.nodesMax ? undefined : longestOffline(book);
  if (!known && !forgotten && book.length >= at.nodesMax) {
    return new Failure(
      "unavailable",
      `${book.length} nodes are known and none is offline, ${name} would be one too many; ` +
        "try again when a node has left",
    );
  }
  const isSameLife = known?.view.incarnation === incarnation;
  const load = isSameLife ? known.view.load : null;
  // A drain ends with the life that was drained; a pause is the operator's, and stays.
  const hold = isSameLife || known?.view.hold?.kind === "paused" ? known?.view.hold : null;
  const statistics = known?.view.statistics ?? null;
  const status = restingIn({ hold: hold ?? null, statistics }, at.wall);
  const isUnchanged = isSameLife && known.view.status === status;
  const node: KnownNode = {
    view: {
      name,
      incarnation,
      pid,
      capabilities,
      address,
      status,
      statusReason: isUnchanged ? known.view.statusReason : (hold?.reason ?? "registered"),
      statusSince: isUnchanged ? known.view.statusSince : at.wall,
      registeredAt: isSameLife ? known.view.registeredAt : at.wall,
      formerEnd,
      lastHeartbeatAt: at.wall,
      load,
      health: healthOf(load),
      runningTasks: isSameLife ? known.view.runningTasks : 0,
      hold: hold ?? null,
      statistics,
    },
    agent,
    heardAt: at.now,
    changedAt: isUnchanged ? known.changedAt : at.now,
    hasEnded: false,
  };
  const others = book.filter((other) => other !== known && other !== forgotten);
  const replaced = isSameActor(known?.agent, agent) ? undefined : known?.agent;
  return { book: [...others, node], replaced, forgotten };
}

/** The book after a heartbeat; `unregistered` when this life of the node must register first. */
export function hear(book: Book, beat: NodeHeartbeat, at: Moment): Book | "unregistered" {
  const known = book.find((node) => node.view.name === beat.name);
  if (!known?.agent || known.hasEnded || beat.incarnation !== known.view.incarnation) {
    return "unregistered";
  }
  const health = healthOf(beat.load);
  const view = { ...known.view, lastHeartbeatAt: at.wall, load: beat.load, health };
  const node = judged({ ...known, view, heardAt: at.now }, presenceAfterSilence(0, 1), at);
  return book.map((other) => (other === known ? node : other));
}

/** The book after an agent has ended; unchanged when it was replaced before. */
export function end(book: Book, agent: AnyRef, exit: Exit, at: Moment): Book {
  return book.map((node) => {
    if (!isSameActor(node.agent, agent)) return node;
    return judged(
      { ...node, hasEnded: true },
      { status: "offline", reason: endOf(node, exit) },
      at,
    );
  });
}

/** The book after a look at who has been silent for how long. */
export function sweep(
  book: Book,
  at: Moment & { readonly sweptAt: number; readonly heartbeatMs: number },
): Book {
  const excused = excusedMs(at.now - at.sweptAt, at.heartbeatMs);
  return book.map((node) => {
    if (node.hasEnded) return node;
    const heardAt = Math.min(at.now, node.heardAt + excused);
    const presence = presenceAfterSilence(at.now - heardAt, at.heartbeatMs);
    return judged({ ...node, heardAt }, presence, at);
  });
}

export const isHeard = ({ view: { status } }: KnownNode): boolean =>
  status !== "suspect" && status !== "offline";

export interface StatusChange {
  readonly from: KnownNode;
  readonly to: KnownNode;
}

/** What changed from one book to the next, for the log. */
export function changesBetween(before: Book, after: Book): readonly StatusChange[] {
  return after.flatMap((to, index) => {
    if (to === before[index]) return [];
    const from = before.find((node) => node.view.name === to.view.name);
    return from && from.view.status !== to.view.status ? [{ from, to }] : [];
  });
}

/** The node where its presence, its operator and its failures put it. */
export function judged(node: KnownNode, presence: Presence, at: Moment): KnownNode {
  const { view } = node;
  const isHeard = presence.status === "online";
  const status = isHeard ? restingIn(view, at.wall) : presence.status;
  if (view.status === status) return node;
  const reason = isHeard ? restingReason(status, view, presence.reason) : presence.reason;
  const changed = { ...view, status, statusReason: reason, statusSince: at.wall };
  return { ...node, view: changed, changedAt: at.now };
}

type Resting = Pick<NodeView, "hold" | "statistics">;

/** Where a node stands while it is heard. */
export function restingIn({ hold, statistics }: Resting, wall: number): NodeState {
  if ((statistics?.quarantinedUntil ?? 0) > wall) return "quarantined";
  return hold?.kind ?? "online";
}

export function restingReason(
  status: NodeState,
  { hold, statistics }: Resting,
  otherwise: string,
): string {
  if (status === "quarantined") return `${statistics?.failuresInRow} failures in a row`;
  return hold?.reason ?? otherwise;
}

function longestOffline(book: Book): KnownNode | undefined {
  return book
    .filter((node) => node.view.status === "offline")
    .reduce<KnownNode | undefined>(
      (longest, node) => (longest && longest.changedAt <= node.changedAt ? longest : node),
      undefined,
    );
}

const isSameActor = (a: AnyRef | undefined, b: AnyRef): boolean =>
  a !== undefined && addressKey(a.$.address) === addressKey(b.$.address);

const endOf = ({ view: { hold } }: KnownNode, exit: Exit): string =>
  hold?.kind === "draining" ? `left after its drain: ${hold.reason}` : reasonOf(exit);

function reasonOf(exit: Exit): string {
  switch (exit.kind) {
    case "stopped":
      return "its agent was stopped";
    case "crashed":
      return `its agent gave up: ${exit.failure.code}`;
    case "node-down":
      return "the node is down";
    default:
      return exit satisfies never;
  }
}
