// Who waits for whom among the handlers of one node. A message waits behind the handlers in progress
// of its receiver, and a handler waits for the answers to its asks:
//
//   handler ──has asked──► message ──waits behind──► handler ──has asked──► …
//
// An ask that would wait, over any number of such steps, for the handler that asks could only end by
// its deadline. What other nodes wait for is known by the chain of handlers that an ask bears.
import type { Failure } from "#protocols/failure.ts";
import type { Selector } from "#protocols/selector.ts";
import { actorBehind } from "./actor-behind.ts";
import { type AskOfCall, Call } from "./call.ts";
import { askCycle } from "./system-failures.ts";

/** An actor, as far as messages wait for it. */
interface Busy {
  readonly mailbox: { readonly first: Selector | undefined };
  readonly household:
    | { readonly handling: { readonly isAwaited: boolean; readonly calls: Iterable<Call> } }
    | undefined;
}

/** The handlers that a new message to that actor would wait for, up to the one sought; or undefined. */
export function waitFor(
  target: unknown,
  isReadonly: boolean,
  isSought: (call: Call) => boolean,
): readonly Call[] | undefined {
  const busy = actorBehind(target);
  // Hot: W6. Most who are asked are not busy, and then there is nothing to search.
  if (!isBusy(busy) || busy.household?.handling.isAwaited !== true) return undefined;
  const before = new Map<Call, Call | undefined>();
  const open: Call[] = [];
  const reach = (call: Call, from: Call | undefined): void => {
    if (before.has(call)) return;
    before.set(call, from);
    open.push(call);
  };
  for (const call of inFrontOf(busy, isReadonly)) reach(call, undefined);
  for (let call = open.pop(); call; call = open.pop()) {
    if (isSought(call)) return pathTo(call, before);
    for (const ask of call.openAsks) for (const next of behind(ask)) reach(next, call);
  }
  return undefined;
}

/** Refuses an ask of a handler that awaits something, if it would wait for that very handler. */
export function refuseCycle(asker: Call, ask: AskOfCall): void {
  // Hot: not even the questions to search by are made for those who are not busy.
  const target = actorBehind(ask.target);
  if (!isBusy(target) || target.household?.handling.isAwaited !== true) return;
  const chain = asker.chainElsewhere;
  const isAsker = (call: Call): boolean =>
    call === asker || (chain.length > 0 && chain.includes(call.key));
  const path = waitFor(target, ask.isReadonly, isAsker);
  if (path) ask.refuse(askCycle([asker, ...path]));
}

/** Why that call's message may not be handed on: whoever asked would wait for himself. */
export function passedCycle(call: Call, target: unknown, isReadonly: boolean): Failure | undefined {
  const chain = call.chainElsewhere;
  const { askedBy } = call;
  if (askedBy === undefined && chain.length === 0) return undefined;
  const isAsker = (other: Call): boolean => other === askedBy || chain.includes(other.key);
  const path = waitFor(target, isReadonly, isAsker);
  return path && askCycle(path);
}

/** The handlers that have to end before a new message is handled. */
function* inFrontOf({ household, mailbox }: Busy, isReadonly: boolean): Iterable<Call> {
  if (household === undefined) return;
  // Readonly handlers admit each other, but not past a message that is none and waits.
  const mayJoin = isReadonly && mailbox.first?.isReadonly !== false;
  for (const call of household.handling.calls) {
    if (!(mayJoin && call.selector.isReadonly)) yield call;
  }
}

/** The handlers that have to end before this ask is answered, as far as they are known. */
function* behind(ask: AskOfCall): Iterable<Call> {
  const { worker } = ask;
  if (worker === undefined) {
    const target = actorBehind(ask.target);
    if (isBusy(target)) yield* inFrontOf(target, ask.isReadonly);
  } else if (worker instanceof Call && worker.isActive) yield worker;
}

function pathTo(end: Call, before: ReadonlyMap<Call, Call | undefined>): readonly Call[] {
  const path: Call[] = [];
  for (let call: Call | undefined = end; call; call = before.get(call)) path.unshift(call);
  return path;
}

const isBusy = (target: unknown): target is Busy =>
  typeof target === "object" && target !== null && "household" in target && "mailbox" in target;
