// How many tasks of a user (those who name nobody are one) wait for a person, by queue: they hold a place of their user's share, or a
// share would be no limit for tasks that ask. Kept beside the turns of fair queues, as the rates are,
// so that every back end has it. Tasks that were parked before it was counted are not in it.
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";

type Shelf = Pick<StoreContext["shelf"], "fairTime" | "setFairTime">;
type Counted = Pick<TaskRecord, "queue" | "userId" | "status">;

/** Longer than any key of a fair queue, and begun by no other key. */
const countKey = (userId: string | null): string =>
  `${"parked tasks of the user ".padEnd(65, ".")}${userId ?? ""}`;

/** Turns that are past are forgotten: a count stands beyond all of them, as none does. */
const beyondMs = 1e15;

export const parkedOfUser = (shelf: Shelf, queue: string, userId: string | null): number =>
  Math.max(0, shelf.fairTime(queue, countKey(userId)) - beyondMs);

/** The task goes from one state to another. */
export function countParked(shelf: Shelf, former: Counted | undefined, task: Counted): void {
  const { queue, userId } = task;
  const by = Number(isParked(task)) - Number(former !== undefined && isParked(former));
  if (by === 0) return;
  const count = Math.max(0, parkedOfUser(shelf, queue, userId) + by);
  shelf.setFairTime(queue, countKey(userId), count === 0 ? 0 : beyondMs + count);
}

const isParked = ({ status }: Counted): boolean => status === "waiting_confirmation";
