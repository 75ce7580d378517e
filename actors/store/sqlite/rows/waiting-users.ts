// How many tasks of a user wait in a queue, those who name nobody being one. Counted once, then kept up to date in memory.
import type { Database, Statement } from "better-sqlite3";
import type { TaskRecord } from "../../records.ts";

export const waitingStatements = {
  ofNobody: `SELECT count(*) FROM tasks INDEXED BY tasks_status
    WHERE queue = ? AND status IN ('scheduled', 'pending') AND user_id IS NULL`,
  count: `SELECT count(*) FROM tasks INDEXED BY tasks_user_waiting
    WHERE user_id = ? AND queue = ? AND status IN ('scheduled', 'pending')`,
} as const;

/** Counts that are kept; full: all are forgotten, and counted again when they are asked for. */
const countsMax = 16_384;

export class WaitingUsers {
  readonly #count: Statement<[string, string], number>;
  readonly #ofNobody: Statement<[string], number>;
  readonly #settle: () => void;
  readonly #counts = new Map<string, number>();

  /** `settle` brings what a batch has changed to the file, before that is counted. */
  constructor(database: Database, settle: () => void) {
    this.#settle = settle;
    this.#count = database.prepare<[string, string], number>(waitingStatements.count).pluck();
    this.#ofNobody = database.prepare<[string], number>(waitingStatements.ofNobody).pluck();
  }

  get(queue: string, userId: string | null): number {
    const name = nameOf(queue, userId);
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    this.#settle();
    const found = userId === null ? this.#ofNobody.get(queue) : this.#count.get(userId, queue);
    const count = found ?? 0;
    if (this.#counts.size >= countsMax) this.#counts.clear();
    this.#counts.set(name, count);
    return count;
  }

  /** The task's row was written. */
  changed(task: TaskRecord | undefined, former: TaskRecord | undefined): void {
    const changed = task ?? former;
    if (changed === undefined) return;
    const { userId, queue } = changed;
    const difference = Number(isWaiting(task)) - Number(isWaiting(former));
    if (difference === 0) return;
    const name = nameOf(queue, userId);
    const known = this.#counts.get(name);
    if (known !== undefined) this.#counts.set(name, known + difference);
  }

  forget(): void {
    this.#counts.clear();
  }
}

const isWaiting = (task: TaskRecord | undefined): boolean =>
  task?.status === "pending" || task?.status === "scheduled";

const nameOf = (queue: string, userId: string | null): string => JSON.stringify([queue, userId]);
