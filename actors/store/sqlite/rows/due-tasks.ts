// The tasks for which a time has come, soonest first, and when the next one does.
import type { Database, Statement } from "better-sqlite3";
import type { Due } from "../../shelf.ts";

const dues = {
  /** Scheduled ones that may run. */
  scheduled: ["run_at", "tasks_due", "status = 'scheduled'"],
  inQueue: [
    "queue_deadline_at",
    "tasks_qdeadline",
    "queue_deadline_at IS NOT NULL AND status IN ('scheduled', 'pending')",
  ],
  whole: ["deadline_at", "tasks_deadline", "deadline_at IS NOT NULL AND finished_at IS NULL"],
  forgotten: ["result_expires_at", "tasks_ttl", "result_expires_at IS NOT NULL"],
} as const;

export type DueKind = keyof typeof dues;
const isKind = (name: string): name is DueKind => name in dues;
const kinds: readonly DueKind[] = Object.keys(dues).filter(isKind);

const dueText = ([column, index, condition]: (typeof dues)[DueKind]): string =>
  `SELECT task_id FROM tasks INDEXED BY ${index}
    WHERE ${condition} AND ${column} <= ? ORDER BY ${column} LIMIT ?`;

const nextText = ([column, index, condition]: (typeof dues)[DueKind]): string =>
  `SELECT ${column} FROM tasks INDEXED BY ${index} WHERE ${condition} ORDER BY ${column} LIMIT 1`;

export const dueStatements: readonly string[] = kinds.flatMap((kind) => [
  dueText(dues[kind]),
  nextText(dues[kind]),
]);

export class DueTasks {
  readonly #due: Record<DueKind, Statement<[number, number], string>>;
  readonly #next: readonly Statement<[], number>[];

  constructor(database: Database) {
    const due = (kind: DueKind) =>
      database.prepare<[number, number], string>(dueText(dues[kind])).pluck();
    this.#due = {
      scheduled: due("scheduled"),
      inQueue: due("inQueue"),
      whole: due("whole"),
      forgotten: due("forgotten"),
    };
    this.#next = kinds.map((kind) => database.prepare<[], number>(nextText(dues[kind])).pluck());
  }

  due(kind: DueKind, { nowMs, max }: Due): readonly string[] {
    return this.#due[kind].all(nowMs, max);
  }

  nextTimes(): readonly (number | undefined)[] {
    return this.#next.map((statement) => statement.get());
  }
}
