// An actor's luggage as it travels: what the target needs to make the actor, and what waits for it.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatNode, type NodeId } from "#protocols/address.ts";
import type { Codec, EncodedBatch } from "#protocols/codec.ts";
import { Failure } from "#protocols/failure.ts";
import { isRecord } from "#protocols/plain-data.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { PackedTimers } from "#runtime/core/actor-timers.ts";
import type { Luggage, WaitingMessage } from "#runtime/core/luggage.ts";
import type { RemoteWatcher } from "#runtime/core/watch.ts";
import { CargoWriter, type Piece } from "./cargo-writer.ts";
import {
  exitFields,
  layOutCarried,
  malformed,
  node,
  number,
  type OnLink,
  readCarried,
  readExit,
  text,
} from "./carried-message.ts";

/** A message of the mailbox or the stash. */
export interface PackedMessage {
  readonly carried: OnLink;
  readonly ticket: string | undefined;
}

/** Who it is, beside its luggage. */
export interface Who {
  readonly address: Address;
  readonly className: string;
  readonly protocolId: string;
  /** Names that it holds in the directory, each with its revision. */
  readonly names: readonly (readonly [key: string, revision: number])[];
}

export type PackedLuggage = Omit<Luggage, "type" | "mailbox" | "stash"> & {
  readonly mailbox: readonly PackedMessage[];
  readonly stash: readonly PackedMessage[];
};

/** At the source encoded, at the target read. */
export type Cargo =
  | { readonly kind: "encoded"; readonly batches: readonly EncodedBatch[] }
  | { readonly kind: "read"; readonly who: Who; readonly luggage: PackedLuggage };

/** Fails with `invalid`, naming the place, for what cannot travel, and with `too_large`. */
export function encodeCargo(
  codec: Codec,
  {
    who,
    luggage,
    nowMs,
  }: { readonly who: Who; readonly luggage: PackedLuggage; readonly nowMs: number },
): Cargo {
  const writer = new CargoWriter(codec);
  const { node: birth, path, uid } = who.address;
  writer.add("who", formatNode(birth), path, uid, who.className, who.protocolId, who.names);
  writer.add("arguments", luggage.args);
  writer.add("options", luggage.options);
  if (luggage.state) writer.add("state", luggage.state.state);
  writer.add("behaviour", luggage.behaviour ?? null);
  writer.add("timers", luggage.timers.made, luggage.timers.timers);
  for (const { ref, exit } of luggage.signals) writer.add("signal", ref, ...exitFields(exit));
  for (const ref of luggage.watching) writer.add("watched", ref);
  for (const { node: at, watcher, named } of luggage.watchers) {
    writer.add("watcher", formatNode(at), watcher, named.path, named.uid);
  }
  writer.add("subscriptions", luggage.subscriptions);
  for (const [where, messages] of [
    ["mailbox", luggage.mailbox],
    ["stash", luggage.stash],
  ] as const) {
    for (const { carried, ticket } of messages) {
      writer.add(where, layOutCarried(carried, nowMs), ticket ?? null);
    }
  }
  return { kind: "encoded", batches: writer.finish() };
}

/** Fails with `invalid` when pieces are missing or malformed. */
export function readCargo(pieces: readonly Piece[], nowMs: number): Cargo {
  const all = (what: string): readonly (readonly unknown[])[] =>
    pieces.filter((piece) => piece.what === what).map(({ fields }) => fields);
  const one = (what: string): readonly unknown[] => {
    const [found] = all(what);
    if (found) return found;
    throw malformed(`its ${what} is missing`);
  };
  const state = all("state")[0];
  const behaviour = one("behaviour")[0];
  const messages = (what: string): readonly PackedMessage[] =>
    all(what).map(([carried, ticket]) => ({
      carried: readCarried(carried, nowMs),
      ticket: ticket === null ? undefined : text(ticket),
    }));
  const luggage: PackedLuggage = {
    args: one("arguments")[0],
    options: record(one("options")[0]),
    state: state && { state: state[0] },
    behaviour: behaviour === null ? undefined : text(behaviour),
    timers: readTimers(one("timers")),
    signals: all("signal").map(([ref, ...exit]) => ({ ref: anyRef(ref), exit: readExit(exit) })),
    watching: all("watched").map(([ref]) => anyRef(ref)),
    watchers: all("watcher").map(readWatcher),
    subscriptions: pairs(one("subscriptions")[0]).map(([topic, method]) => [topic, text(method)]),
    mailbox: messages("mailbox"),
    stash: messages("stash"),
  };
  return { kind: "read", who: readWho(one("who")), luggage };
}

/** What has come, with each message as one of this node. */
export const unpackedLuggage = (
  type: ActorClass,
  luggage: PackedLuggage,
  own: (message: PackedMessage) => WaitingMessage | undefined,
): Luggage => {
  const all = (messages: readonly PackedMessage[]): readonly WaitingMessage[] =>
    messages.map(own).filter((message) => message !== undefined);
  return { ...luggage, type, mailbox: all(luggage.mailbox), stash: all(luggage.stash) };
};

function readWho([birth, path, uid, className, protocolId, names]: readonly unknown[]): Who {
  const at: NodeId = node(birth);
  return {
    address: { node: at, path: text(path), uid: number(uid) },
    className: text(className),
    protocolId: text(protocolId),
    names: pairs(names).map(([key, revision]) => [key, number(revision)]),
  };
}

function readWatcher([at, watcher, path, uid]: readonly unknown[]): RemoteWatcher {
  return {
    node: node(at),
    watcher: number(watcher),
    named: { path: text(path), uid: number(uid) },
  };
}

function readTimers([made, timers]: readonly unknown[]): PackedTimers {
  if (!Array.isArray(timers)) throw malformed("its timers are no list");
  return { made: number(made), timers: timers.map(readTimer) };
}

function readTimer(value: unknown): PackedTimers["timers"][number] {
  const { args, isRepeated, isWaiting, key, leftMs, method, ms } = record(value);
  if (!Array.isArray(args)) throw malformed("the arguments of its timer are no list");
  return {
    ...{ key: text(key), method: text(method), args },
    ...{ ms: typeof ms === "number" ? ms : 0, leftMs: number(leftMs) },
    ...{ isRepeated: isRepeated === true, isWaiting: isWaiting === true },
  };
}

function pairs(value: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(value)) throw malformed("it has no list where one should be");
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair)) throw malformed("it has no pair where one should be");
    return [text(pair[0]), pair[1]];
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && isRecord(value)) return value;
  throw malformed("it has no fields where some should be");
}

function anyRef(value: unknown): AnyRef {
  if (isAnyRef(value)) return value;
  throw new Failure(
    "invalid",
    "a moving actor watches something that is no actor; run equal versions",
  );
}

const isAnyRef = (value: unknown): value is AnyRef =>
  typeof value === "object" && value !== null && "$" in value && "toString" in value;
