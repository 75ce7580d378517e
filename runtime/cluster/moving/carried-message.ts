// A message on its way to an actor that moves. As long as it stays on the node that sent it, it is what
// the sender gave; on its first link it becomes an envelope, with the node that waits for the answer,
// and stays one over all further links.
import { formatNode, type NodeId, parseNode } from "#protocols/address.ts";
import type { Envelope, EnvelopeContext, Exit, Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { isFailureCode } from "#protocols/failure-codes.ts";
import type { Selector } from "#protocols/selector.ts";
import type { Pending } from "#runtime/core/actor-class.ts";
import type { Origin } from "#runtime/core/origin.ts";
import type { Carried } from "#runtime/core/remote-inbox.ts";

export type CarriedMessage =
  | {
      readonly kind: "own";
      readonly selector: Selector;
      readonly payload: unknown;
      readonly origin: Origin | undefined;
    }
  | {
      readonly kind: "envelope";
      /** Who waits for the answer, or watches. */
      readonly from: NodeId;
      readonly envelope: Carried;
      /** Until when an ask is waited for, on this node's clock. */
      readonly untilMs: number;
    }
  /** Somebody whom the actor watches has ended: for `to`, born on `born`. */
  | { readonly kind: "ended"; readonly born: NodeId; readonly to: Target; readonly exit: Exit }
  /** Whoever asked wants it to move. */
  | {
      readonly kind: "move";
      readonly from: NodeId;
      readonly correlation: number;
      readonly to: string;
      readonly untilMs: number;
    }
  /** Whoever asked wants it to end, and hears when it has. */
  | {
      readonly kind: "end";
      readonly from: NodeId;
      readonly correlation: number;
      readonly pending: Pending;
      readonly untilMs: number;
    }
  /** It was stopped while it was on the move. */
  | { readonly kind: "stop" };

export type OnLink = Exclude<CarriedMessage, { kind: "own" }>;

/** As a list that travels. */
export function layOutCarried(message: OnLink, nowMs: number): readonly unknown[] {
  switch (message.kind) {
    case "envelope":
      return layOutEnvelope(message, nowMs);
    case "ended": {
      const { born, to, exit } = message;
      return ["ended", formatNode(born), to.path, to.uid, ...exitFields(exit)];
    }
    case "move": {
      const { correlation, from, to, untilMs } = message;
      return ["move", formatNode(from), correlation, left(untilMs, nowMs), to];
    }
    case "end": {
      const { correlation, from, pending, untilMs } = message;
      return ["end", formatNode(from), correlation, left(untilMs, nowMs), pending];
    }
    case "stop":
      return ["stop"];
    default:
      return message satisfies never;
  }
}

function layOutEnvelope(
  { envelope, from, untilMs }: Extract<OnLink, { kind: "envelope" }>,
  nowMs: number,
): readonly unknown[] {
  const { path, uid } = envelope.to;
  const head = [envelope.kind, formatNode(from), path, uid];
  switch (envelope.kind) {
    case "watch":
    case "unwatch":
      return [...head, envelope.watcher];
    case "tell":
      return [...head, envelope.method, ...contextFields(from, envelope.context), envelope.args];
    case "ask": {
      const { args, context, correlation, method } = envelope;
      const terms = [method, ...contextFields(from, context), args];
      return [...head, ...terms, correlation, left(untilMs, nowMs)];
    }
    default:
      return envelope satisfies never;
  }
}

/** Fails with `invalid` for what is no such list. */
export function readCarried(fields: unknown, nowMs: number): OnLink {
  if (!Array.isArray(fields)) throw malformed("it is no list");
  const [kind, ...rest]: unknown[] = fields;
  if (kind === "stop") return { kind };
  if (kind === "move") {
    const [from, correlation, leftMs, to] = rest;
    const untilMs = nowMs + number(leftMs);
    return { kind, from: node(from), correlation: number(correlation), to: text(to), untilMs };
  }
  if (kind === "end") {
    const [from, correlation, leftMs, pending] = rest;
    if (pending !== "drop" && pending !== "drain") throw malformed("its end is none");
    const untilMs = nowMs + number(leftMs);
    return { kind, from: node(from), correlation: number(correlation), pending, untilMs };
  }
  if (kind === "ended") {
    const [born, path, uid, ...exit] = rest;
    return {
      kind,
      born: node(born),
      to: { path: text(path), uid: number(uid) },
      exit: readExit(exit),
    };
  }
  return readEnvelope(kind, rest, nowMs);
}

function readEnvelope(kind: unknown, fields: readonly unknown[], nowMs: number): OnLink {
  const [fromText, path, uid, ...rest] = fields;
  const from = node(fromText);
  const to = { path: text(path), uid: number(uid) };
  const forever = Number.POSITIVE_INFINITY;
  if (kind === "watch" || kind === "unwatch") {
    const envelope = { kind, to, watcher: number(rest[0]) } as const;
    return { kind: "envelope", from, envelope, untilMs: forever };
  }
  const [method, sender, senderPath, senderUid, protocolId, trace, chain, args, ...asked] = rest;
  if (!Array.isArray(args)) throw malformed("its arguments are no list");
  const said = [sender, senderPath, senderUid, protocolId, trace, chain];
  const context = readContext(said);
  const message = { to, method: text(method), args, ...(context ? { context } : {}) };
  if (kind === "tell") {
    return { kind: "envelope", from, envelope: { kind, ...message }, untilMs: forever };
  }
  if (kind !== "ask") throw malformed(`its kind is ${String(kind).slice(0, 40)}`);
  const remainingMs = number(asked[1]);
  const envelope = { kind, ...message, correlation: number(asked[0]), remainingMs } as const;
  return { kind: "envelope", from, envelope, untilMs: nowMs + remainingMs };
}

/** Always six; a sender without a node of its own lives on the one that sent. */
function contextFields(from: NodeId, context: EnvelopeContext | undefined): readonly unknown[] {
  if (!context) return ["", "", 0, "", "", []];
  const { sender, trace, chain } = context;
  const at = formatNode(sender.node ?? from);
  return [at, sender.path, sender.uid, sender.protocolId, trace, chain];
}

function readContext(fields: readonly unknown[]): EnvelopeContext | undefined {
  const [at, path, uid, protocolId, trace, chain] = fields;
  if (at === "") return undefined;
  if (!Array.isArray(chain)) throw malformed("its chain is no list");
  const sender = {
    ...{ node: node(at), path: text(path), uid: number(uid) },
    protocolId: text(protocolId),
  };
  return { sender, trace: text(trace), chain: chain.map(text) };
}

export const exitFields = (exit: Exit): readonly unknown[] => {
  switch (exit.kind) {
    case "stopped":
      return ["stopped"];
    case "node-down":
      return ["node-down", exit.node];
    case "crashed":
      return ["crashed", exit.failure.code, exit.failure.detail];
    default:
      return exit satisfies never;
  }
};

export function readExit([kind, first, second]: readonly unknown[]): Exit {
  if (kind === "stopped") return { kind };
  if (kind === "node-down") return { kind, node: text(first) };
  if (kind === "crashed" && isFailureCode(first)) {
    return { kind, failure: { code: first, detail: text(second) } };
  }
  throw malformed("its exit is none");
}

const left = (untilMs: number, nowMs: number): number => Math.max(0, Math.ceil(untilMs - nowMs));

export const malformed = (why: string): Failure =>
  new Failure("invalid", `a message about a moving actor was refused, ${why}; run equal versions`);

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw malformed(`it has a ${typeof value} where a text should be`);
}

export function number(value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw malformed(`it has ${String(value).slice(0, 40)} where a number from 0 should be`);
}

export function node(value: unknown): NodeId {
  const parsed = parseNode(text(value));
  if (parsed) return parsed;
  throw malformed("it names no node");
}

/** The kinds of envelopes that follow an actor. */
export const isCarried = (envelope: Envelope): envelope is Carried =>
  envelope.kind === "tell" ||
  envelope.kind === "ask" ||
  envelope.kind === "watch" ||
  envelope.kind === "unwatch";
