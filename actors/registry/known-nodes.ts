// The registry's book of nodes: who is known, in which life, and how it is. Pure: the old book and
// an event in, the new book out.
//
//              register            3 missed             10 missed, or its agent ended
//   unknown ─────────────► online ──────────► suspect ──────────────────────────► offline
//                            ▲   heartbeat      │                                    │
//                            └──────────────────┴── heartbeat; register if ended ────┘
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeHeartbeat, NodeRegistration, NodeView } from "#protocols/tasks/node.ts";
import { excusedMs, type Health, healthAfterSilence } from "./node-health.ts";

/** The two clocks at one moment: `now` decides, `wall` is for people. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

export interface KnownNode {
  readonly view: NodeView;
  readonly agent: NodeRegistration["agent"];
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
  const health = healthAfterSilence(0, 1);
  const isUnchanged = isSameLife && known.view.status === health.status;
  const node: KnownNode = {
    view: {
      name,
      incarnation,
      pid,
      capabilities,
      status: health.status,
      statusReason: isUnchanged ? known.view.statusReason : "registered",
      statusSince: isUnchanged ? known.view.statusSince : at.wall,
      registeredAt: isSameLife ? known.view.registeredAt : at.wall,
      lastHeartbeatAt: at.wall,
      load: isSameLife ? known.view.load : null,
    },
    agent,
    heardAt: at.now,
    changedAt: isUnchanged ? known.changedAt : at.now,
    hasEnded: false,
  };
  const others = book.filter((other) => other !== known && other !== forgotten);
  const replaced = known && !isSameActor(known.agent, agent) ? known.agent : undefined;
  return { book: [...others, node], replaced, forgotten };
}

/** The book after a heartbeat; `unregistered` when this life of the node must register first. */
export function hear(book: Book, beat: NodeHeartbeat, at: Moment): Book | "unregistered" {
  const known = book.find((node) => node.view.name === beat.name);
  if (!known || known.hasEnded || beat.incarnation !== known.view.incarnation) {
    return "unregistered";
  }
  const view = { ...known.view, lastHeartbeatAt: at.wall, load: beat.load };
  const node = judged({ ...known, view, heardAt: at.now }, healthAfterSilence(0, 1), at);
  return book.map((other) => (other === known ? node : other));
}

/** The book after an agent has ended; unchanged when it was replaced before. */
export function end(book: Book, agent: AnyRef, exit: Exit, at: Moment): Book {
  return book.map((node) => {
    if (!isSameActor(node.agent, agent)) return node;
    return judged({ ...node, hasEnded: true }, { status: "offline", reason: reasonOf(exit) }, at);
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
    const health = healthAfterSilence(at.now - heardAt, at.heartbeatMs);
    return judged({ ...node, heardAt }, health, at);
  });
}

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

function judged(node: KnownNode, health: Health, at: Moment): KnownNode {
  if (node.view.status === health.status) return node;
  const view = {
    ...node.view,
    status: health.status,
    statusReason: health.reason,
    statusSince: at.wall,
  };
  return { ...node, view, changedAt: at.now };
}

function longestOffline(book: Book): KnownNode | undefined {
  return book
    .filter((node) => node.view.status === "offline")
    .reduce<KnownNode | undefined>(
      (longest, node) => (longest && longest.changedAt <= node.changedAt ? longest : node),
      undefined,
    );
}

const isSameActor = (a: AnyRef, b: AnyRef): boolean =>
  addressKey(a.$.address) === addressKey(b.$.address);

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
