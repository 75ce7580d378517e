// An actor taken to pieces, and put together again on another node: its state, what waits for it, its
// timers, whom it watches and who watches it. Whatever else the instance holds is made anew by `start`.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { argumentsOf, payloadOf, type Selector } from "#protocols/selector.ts";
import { stateIn } from "./actor.ts";
import type { ActorClass, SpawnOptions } from "./actor-class.ts";
import type { PackedTimers } from "./actor-timers.ts";
import type { Cell } from "./cell.ts";
import type { Taken } from "./message-queue.ts";
import { Letter, type Origin } from "./origin.ts";
import type { RemoteWatcher } from "./watch.ts";

/** A message that waits, as something that can be put elsewhere. */
export interface WaitingMessage {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly origin: Origin | undefined;
  /** The timer that it is of. */
  readonly ticket: string | undefined;
}

export interface Luggage {
  readonly type: ActorClass;
  readonly args: unknown;
  readonly options: Omit<SpawnOptions, "name">;
  /** Undefined for one that finds its state in a store. */
  readonly state: { readonly state: unknown } | undefined;
  readonly behaviour: string | undefined;
  readonly timers: PackedTimers;
  readonly mailbox: readonly WaitingMessage[];
  readonly stash: readonly WaitingMessage[];
  /** Ends of watched actors that it has not heard of. */
  readonly signals: readonly { readonly ref: AnyRef; readonly exit: Exit }[];
  readonly watching: readonly AnyRef[];
  readonly watchers: readonly RemoteWatcher[];
  readonly subscriptions: readonly (readonly [topic: string, method: string])[];
}

/** Of an actor that stands still, which stays as it is. */
export function pack(cell: Cell, node: NodeId): Luggage {
  const { kind, ownHousehold: household } = cell;
  const actor = household.readiness.actor ?? {};
  household.timers.freeze();
  const isKept = "keeps" in kind.type && kind.type.keeps !== undefined;
  return {
    type: kind.type,
    args: cell.args,
    options: kind.options,
    state: isKept ? undefined : { state: stateIn(actor) },
    behaviour: kind.nameOf(household.behaviour),
    timers: household.timers.packed,
    mailbox: waiting(cell),
    stash: household.stash.all.map((call) => messageOf(call.selector, call)),
    signals: signalsOf(cell),
    watching: [...(household.watchingIfAny?.all ?? [])],
    watchers: household.watchersIfAny?.seenFrom(node) ?? [],
    subscriptions: kind.host.subscriptions.of(cell),
  };
}

/** It lives elsewhere from now on: what waits has gone with it, and nobody here hears of an end. */
export function vanish(cell: Cell): void {
  const { kind, ownHousehold: household, mailbox } = cell;
  const { counts, observer } = kind.host;
  const left: Taken = { payload: undefined, origin: undefined };
  counts.sent -= mailbox.length + household.stashedCount + household.readiness.signalCount;
  while (mailbox.take(left)) left.payload = undefined;
  while (household.readiness.takeSignal()) left.payload = undefined;
  household.stash.clear();
  household.timers.clear();
  household.watchersIfAny?.clear();
  cell.isClosed = true;
  household.life.vanish();
  cell.parent?.ownHousehold.family.remove(cell);
  household.readiness.gateIfAny?.end();
  observer?.ended(cell, { kind: "stopped" });
}

/** Into a cell that has just been made. `settled` when it has begun, or failed to. */
export function unpack(cell: Cell, luggage: Luggage, settled: () => void): void {
  const { kind, ownHousehold: household, mailbox } = cell;
  const { counts } = kind.host;
  household.ownTravel.inherited = luggage.state;
  const tickets = household.timers.prepare(luggage.timers);
  const originOf = ({ origin, ticket }: WaitingMessage): Origin | undefined =>
    ticket === undefined ? origin : new Letter({ ...origin, ticket: tickets.get(ticket) });
  for (const message of luggage.mailbox) {
    const selector = kind.ownSelector(message.method, message.args.length);
    mailbox.push(selector, payloadOf(message.args), originOf(message));
  }
  for (const { ref, exit } of luggage.signals) {
    household.watching.told(ref);
    household.readiness.signal({ ref, exit });
  }
  for (const watcher of luggage.watchers) household.watchers.addRemote(watcher);
  counts.sent += luggage.mailbox.length + luggage.stash.length + luggage.signals.length;
  household.life.onceStarted(() => {
    household.timers.adopt(tickets, luggage.timers);
    const { behaviour } = luggage;
    if (behaviour !== undefined) household.behaviour = kind.behaviour(behaviour);
    for (const message of luggage.stash) {
      const { args, method } = message;
      const selector = kind.ownSelector(method, args.length);
      const rest = { payload: payloadOf(args), origin: originOf(message), token: undefined };
      household.stash.add(kind.host.focus.makeCall(cell, { selector, ...rest }));
    }
    for (const [name, method] of luggage.subscriptions) {
      kind.host.subscriptions.add(cell, { name }, method);
    }
    settled();
  });
}

/** In their order; they stay. */
function waiting(cell: Cell): readonly WaitingMessage[] {
  const { mailbox } = cell;
  const taken: Taken = { payload: undefined, origin: undefined };
  const all: { readonly selector: Selector; readonly message: Taken }[] = [];
  for (let next = mailbox.take(taken); next; next = mailbox.take(taken)) {
    all.push({ selector: next, message: { ...taken } });
  }
  for (const { selector, message } of all) {
    mailbox.push(selector, message.payload, message.origin);
  }
  const { timers } = cell.ownHousehold;
  const isOwed = ({ origin }: Taken): boolean =>
    origin?.ticket === undefined || timers.isCurrent(origin.ticket);
  return all
    .filter(({ message }) => isOwed(message))
    .map(({ selector, message }) => messageOf(selector, message));
}

function messageOf(selector: Selector, { payload, origin }: Taken): WaitingMessage {
  const args = argumentsOf(selector, payload);
  return { method: selector.name, args, origin, ticket: origin?.ticket?.key };
}

function signalsOf(cell: Cell): Luggage["signals"] {
  const { readiness } = cell.ownHousehold;
  const all: { readonly ref: AnyRef; readonly exit: Exit }[] = [];
  for (let next = readiness.takeSignal(); next; next = readiness.takeSignal()) all.push(next);
  for (const signal of all) readiness.signal(signal);
  return all;
}
