// Turns in a fair queue. Each user has a flow, and each `fairKey` of a user one of its own: a task stands
// where its flow is, and moves it on by its cost, so that whoever submits much stands behind itself and not
// before others (start-time fair queueing: Goyal, Vin and Cheng, 1996; a flow that is behind the clock
// begins anew, from now).
//
//   ann   1 ─► 2 ─► 3 ─► 4          in rank: ann 1, bob 1, ann 2, bob 2, ann 3, ann 4
//   bob   1 ─► 2
//
// Names cost nothing, so a key that begins is paid for by its user: it begins at once, and the user's own
// flow moves on. Who is so many keys ahead begins further ones where the own flow is, less that head start,
// and they have no flow: a new key for each task is worth what no key is.
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
  { queue, fairMs }: QueueRecord,
  { cost = 1, ...names }: TaskSubmission,
): Turn {
  if (fairMs === 0) {
    return { atMs: nowMs, charge: cost === 1 ? null : { cost, keyMs: 0, userMs: 0 } };
  }
  const turnMs = cost * fairMs;
  const { key, user } = flowsOf(names);
  const userAt = Math.max(nowMs, shelf.fairTime(queue, user));
  if (key === undefined) return { atMs: userAt, charge: { cost, keyMs: 0, userMs: turnMs } };
  const keyAt = shelf.fairTime(queue, key);
  if (keyAt > nowMs) return { atMs: keyAt, charge: { cost, keyMs: turnMs, userMs: 0 } };
  const atMs = Math.max(nowMs, userAt - storeLimits.fairKeysAheadMax * fairMs);
  return { atMs, charge: { cost, keyMs: atMs === nowMs ? turnMs : 0, userMs: turnMs } };
}

/** Of a task that comes in. */
export function charge(turns: Turns, { queue, userId, fairKey, charge }: TaskRecord): void {
  if (charge === null) return;
  const { shelf, nowMs } = turns;
  for (const { flow, byMs } of charged({ userId, fairKey }, charge)) {
    shelf.setFairTime(queue, flow, Math.max(nowMs, shelf.fairTime(queue, flow)) + byMs);
  }
}

/** Of a task that ended and never ran: its flows are where they were without it, but not before now. */
export function refund(turns: Turns, { queue, userId, fairKey, charge }: TaskRecord): void {
  if (charge === null) return;
  const { shelf, nowMs } = turns;
  for (const { flow, byMs } of charged({ userId, fairKey }, charge)) {
    const at = shelf.fairTime(queue, flow);
    if (at > nowMs) shelf.setFairTime(queue, flow, Math.max(nowMs, at - byMs));
  }
}

/** Longer than any name of a user, so that no key meets one. */
const keyFlow = "turns of the key ".padEnd(65, ".");

export interface Named {
  readonly userId?: string | null | undefined;
  readonly fairKey?: string | null | undefined;
}

/** A key is its user's: nobody puts others back by naming theirs. */
export function flowsOf({ userId, fairKey }: Named): {
  readonly user: string;
  readonly key?: string;
} {
  const user = userId ?? "default";
  return fairKey == null ? { user } : { user, key: keyFlow + JSON.stringify([user, fairKey]) };
}

/** Each flow that was moved on, and by how much. */
function charged(
  names: Named,
  { keyMs, userMs }: TurnCharge,
): readonly { readonly flow: string; readonly byMs: number }[] {
  const { key, user } = flowsOf(names);
  const flows = [
    { flow: user, byMs: userMs },
    ...(key === undefined ? [] : [{ flow: key, byMs: keyMs }]),
  ];
  return flows.filter(({ byMs }) => byMs > 0);
}
