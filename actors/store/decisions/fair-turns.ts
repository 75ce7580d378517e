// Turns in a fair queue. Each user has a flow, and each `fairKey` of a user one of its own: a task stands
// where its flow is, and moves it on by its cost, so that whoever submits much stands behind itself and not
// before others (start-time fair queueing: Goyal, Vin and Cheng, 1996; a flow that is behind the clock
// begins anew, from now).
//
//   ann   1 ─► 2 ─► 3 ─► 4          in rank: ann 1, bob 1, ann 2, bob 2, ann 3, ann 4
//   bob   1 ─► 2
//
// Who weighs more stands closer behind itself: a task moves its flow on by its cost over its user's weight, so
// that a user of weight 2 has two turns while others have one. What was charged stays as it was charged when
// weights change.
//
// Names cost nothing, so a key that is new is paid for by its user: it begins at once, and the user's own
// flow moves on. Who is some keys ahead begins further ones where the own flow is, less that head start; who
// is very many ahead has no flow for them. So a new key for each task is worth what no key is, and a key that
// comes again takes its turns: its flow is known until it has been past for an hour.
import { storeLimits } from "#protocols/store-limits.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import type { QueueRecord, TaskRecord, TurnCharge } from "../records.ts";
import type { StoreContext } from "../store-context.ts";

type Turns = Pick<StoreContext, "shelf" | "nowMs">;

export interface Turn {
  /** Where the task stands, before its priority counts. */
  readonly atMs: number;
  readonly charge: TurnCharge | null;
}

/** Changes nothing yet. */
export function turnOf(
  { shelf, nowMs }: Turns,
  { queue, fairMs, fairWeights }: QueueRecord,
  { cost = 1, ...names }: TaskSubmission,
): Turn {
  if (fairMs === 0) {
    return {
      atMs: nowMs,
      charge: cost === 1 ? null : { cost, turnMs: 0, flow: "user", untilMs: 0 },
    };
  }
  const stepMs = fairMs / weightOf(names, fairWeights);
  const turnMs = cost * stepMs;
  const turn = (atMs: number, flow: TurnCharge["flow"]): Turn => ({
    atMs,
    charge: { cost, turnMs, flow, untilMs: atMs + turnMs },
  });
  const { key, user } = flowsOf(names);
  const userAt = Math.max(nowMs, shelf.fairTime(queue, user));
  if (key === undefined) return turn(userAt, "user");
  const keyAt = shelf.fairTime(queue, key);
  if (keyAt > 0) return turn(Math.max(nowMs, keyAt), "key");
  const { fairKeysAheadMax: ahead, fairKeysBegunMax: most } = storeLimits;
  const atMs = Math.max(nowMs, userAt - ahead * stepMs);
  return turn(atMs, atMs - nowMs <= most * stepMs ? "new key" : "user");
}

/** Of the keys of a user, too. Who names nobody is nobody's name, so weighs 1. */
function weightOf({ userId }: Named, weights: QueueRecord["fairWeights"]): number {
  if (userId == null || weights === null || !Object.hasOwn(weights, userId)) return 1;
  return weights[userId] ?? 1;
}

/**
 * Of a newcomer for whom another task has given way: that one's turn went back to its flow, which may be
 * the newcomer's, so `anew` is what it pays. It stands no later than it was found to stand before.
 */
export function turnAtMost({ atMs }: Turn, anew: Turn): Turn {
  if (anew.charge === null || anew.atMs <= atMs) return anew;
  return { atMs, charge: { ...anew.charge, untilMs: atMs + anew.charge.turnMs } };
}

/** Of a task that comes in. */
export function charge(turns: Turns, task: TaskRecord): void {
  if (task.charge === null || task.charge.turnMs === 0) return;
  const { turnMs, flow, untilMs } = task.charge;
  const { key, user } = flowsOf(task);
  const { queue } = task;
  if (flow === "new key" && key !== undefined) turns.shelf.setFairTime(queue, key, untilMs);
  const moved = flow === "key" ? key : user;
  if (moved !== undefined) move(turns, { queue, flow: moved, byMs: turnMs });
}

/**
 * Of a task that ended and never ran: its flow is where it would be without it, but not before now. A key
 * that began with it is new again, unless others came behind it: then what it cost its user stays paid.
 */
export function refund(turns: Turns, task: TaskRecord): void {
  if (task.charge === null || task.charge.turnMs === 0) return;
  const { queue } = task;
  const { turnMs, flow, untilMs } = task.charge;
  const { key, user } = flowsOf(task);
  const isLast = key !== undefined && turns.shelf.fairTime(queue, key) === untilMs;
  if (flow === "new key" && isLast) turns.shelf.setFairTime(queue, key, 0);
  const back = flow === "user" || (flow === "new key" && isLast) ? user : key;
  if (back !== undefined) move(turns, { queue, flow: back, byMs: -turnMs });
}

function move(
  { shelf, nowMs }: Turns,
  { queue, flow, byMs }: { readonly queue: string; readonly flow: string; readonly byMs: number },
): void {
  const at = shelf.fairTime(queue, flow);
  if (byMs > 0 || at > nowMs) {
    shelf.setFairTime(queue, flow, Math.max(nowMs, Math.max(nowMs, at) + byMs));
  }
}

/** Longer than any name of a user, so that no key meets one. */
const keyFlow = "turns of the key ".padEnd(65, ".");

/** With white space, which no user's name has. */
const nobodysFlow = "those who name nobody";

export interface Named {
  readonly userId?: string | null | undefined;
  readonly fairKey?: string | null | undefined;
}

/** A key is its user's: nobody puts others back by naming theirs. */
export function flowsOf({ userId, fairKey }: Named): {
  readonly user: string;
  readonly key?: string;
} {
  const user = userId ?? nobodysFlow;
  return fairKey == null ? { user } : { user, key: keyFlow + JSON.stringify([user, fairKey]) };
}
