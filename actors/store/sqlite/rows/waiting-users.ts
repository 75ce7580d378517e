// How many tasks of a user wait in a queue. Counted once, then kept up to date in memory.
import type { Database, Statement } from "better-sqlite3";
import type { TaskRecord } from "../../records.ts";

export const waitingStatements = {
  count: `SELECT count(*) FROM tasks INDEXED BY tasks_user_waiting
    WHERE user_id = ? AND queue = ? AND status IN ('scheduled', 'pending')`,
} as const;

/** Counts that are kept; full: all are forgotten, and counted again when they are asked for. */
const countsMax = 16_384;

export class WaitingUsers {
  readonly #count: Statement<[string, string], number>;
  readonly #settle: () => void;
  readonly #counts = new Map<string, number>();

  /** `settle` brings what a batch has changed to the file, before that is counted. */
  constructor(database: Database, settle: () => void) {
    this.#settle = settle;
    this.#count = database.prepare<[string, string], number>(waitingStatements.count).pluck();
  }

  get(queue: string, userId: string): number {
    const name = nameOf(queue, userId);
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    this.#settle();
    const count = this.#count.get(userId, queue) ?? 0;
    if (this.#counts.size >= countsMax) this.#counts.clear();
    this.#counts.set(name, count);
    return count;
  }

  /** The task's row was written. */
  changed(task: TaskRecord | undefined, former: TaskRecord | undefined): void {
    const { userId, queue } = task ?? former ?? { userId: null, queue: "" };
    if (userId === null) return;
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

const nameOf = (queue: string, userId: string): string => JSON.stringify([queue, userId]);
