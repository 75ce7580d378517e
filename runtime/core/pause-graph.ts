// Which actors of one node take no message before another one does: who has paused for a full mailbox
// waits for its owner, and who awaits an answer for whom it has asked.
//
//   a ──paused for──► b ──has asked──► c ──paused for──► a        none of them would ever go on
//
// Pauses are what can give way in such a circle: one is not begun, or it ends when the circle closes.
import { Call } from "./call.ts";
import type { Origin } from "./origin.ts";

/** Whom an actor has paused for, if anybody. */
interface Pause {
  readonly isPaused: boolean;
  readonly pausedFor: { readonly identity: unknown } | undefined;
  unpause(): void;
}

/** An actor, as far as others wait for it. */
interface Waiting {
  readonly household:
    | {
        readonly handling: { readonly calls: Iterable<Call> };
        readonly readiness: { readonly gateIfAny: Pause | undefined };
      }
    | undefined;
}

export function isWaitingFor(actor: unknown, sought: unknown): boolean {
  return pathTo(sought, actor) !== undefined;
}

/** That actor was asked by a handler: whoever waits for this handler cannot be paused for. */
export function endPausesBetween(asked: unknown, origin: Origin | undefined): void {
  const reply = origin?.reply;
  const asker = reply !== undefined && "asker" in reply ? reply.asker : undefined;
  if (!(asker instanceof Call)) return;
  for (let path = pathTo(asker.caller, asked); path; path = pathTo(asker.caller, asked)) {
    const paused = path.find((actor) => gateOf(actor)?.isPaused);
    // A circle of asks only: that is for `wait-graph.ts` to refuse.
    if (paused === undefined) return;
    gateOf(paused)?.unpause();
  }
}

/** Those over which the one waits for the other, itself included; undefined: it does not. */
function pathTo(sought: unknown, from: unknown): readonly unknown[] | undefined {
  const before = new Map<unknown, unknown>([[from, undefined]]);
  const open = [from];
  while (open.length > 0) {
    const actor = open.pop();
    if (actor === sought) return backFrom(actor, before);
    for (const next of awaitedBy(actor)) {
      if (before.has(next)) continue;
      before.set(next, actor);
      open.push(next);
    }
  }
  return undefined;
}

function backFrom(end: unknown, before: ReadonlyMap<unknown, unknown>): readonly unknown[] {
  const path: unknown[] = [];
  for (let actor = end; actor !== undefined; actor = before.get(actor)) path.unshift(actor);
  return path;
}

function* awaitedBy(actor: unknown): Iterable<unknown> {
  if (!isWaiting(actor) || actor.household === undefined) return;
  const { pausedFor } = actor.household.readiness.gateIfAny ?? {};
  if (pausedFor) yield pausedFor.identity;
  for (const call of actor.household.handling.calls) {
    for (const { worker, target } of call.openAsks) {
      yield worker instanceof Call ? worker.caller : target;
    }
  }
}

const gateOf = (actor: unknown): Pause | undefined =>
  isWaiting(actor) ? actor.household?.readiness.gateIfAny : undefined;

const isWaiting = (actor: unknown): actor is Waiting =>
  typeof actor === "object" && actor !== null && "household" in actor && "mailbox" in actor;
