// Lists tasks in the order of their arrival. The filter that leaves least is looked up in its index;
// queue and state together are one index, of which each part that is asked for is read as far as the
// page goes, and the parts are merged.
import type { Database, Statement } from "better-sqlite3";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import { type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";

const filters = `(:status IS NULL OR status = :status) AND (:queue IS NULL OR queue = :queue)
  AND (:node IS NULL OR assigned_node = :node) AND (:userId IS NULL OR user_id = :userId)
  AND (:parentId IS NULL OR parent_id = :parentId)`;

const by = (column: string, index: string, parameter: string): string =>
  `SELECT task_id FROM tasks INDEXED BY ${index}
    WHERE ${column} = :${parameter} AND rowid > :cursor AND ${filters}
    ORDER BY rowid LIMIT :limit`;

export const listStatements = {
  all: "SELECT task_id FROM tasks WHERE rowid > ? ORDER BY rowid LIMIT ?",
  parentId: by("parent_id", "tasks_parent", "parentId"),
  node: by("assigned_node", "tasks_node", "node"),
  userId: by("user_id", "tasks_user", "userId"),
  part: `SELECT rowid FROM tasks INDEXED BY tasks_status
    WHERE queue = ? AND status = ? AND rowid > ? ORDER BY rowid LIMIT ?`,
  arrival: "SELECT task_id FROM tasks WHERE rowid = ?",
} as const;

interface Filters {
  readonly status: TaskStatus | null;
  readonly queue: string | null;
  readonly node: string | null;
  readonly userId: string | null;
  readonly parentId: string | null;
  readonly cursor: number;
  readonly limit: number;
}

const indexed = ["parentId", "node", "userId"] as const;
type Indexed = (typeof indexed)[number];

export class TaskList {
  readonly #all: Statement<[number, number], string>;
  readonly #by: Record<Indexed, Statement<[Filters], string>>;
  readonly #part: Statement<[string, TaskStatus, number, number], number>;
  readonly #arrival: Statement<[number], string>;
  readonly #queues: () => readonly string[];

  constructor(database: Database, queues: () => readonly string[]) {
    const sql = listStatements;
    const byIndex = (name: Indexed) => database.prepare<[Filters], string>(sql[name]).pluck();
    this.#all = database.prepare<[number, number], string>(sql.all).pluck();
    this.#by = {
      parentId: byIndex("parentId"),
      node: byIndex("node"),
      userId: byIndex("userId"),
    };
    this.#part = database.prepare<[string, TaskStatus, number, number], number>(sql.part).pluck();
    this.#arrival = database.prepare<[number], string>(sql.arrival).pluck();
    this.#queues = queues;
  }

  taskIds(query: TaskQuery): readonly string[] {
    const { status, queue, limit, cursor = 0 } = query;
    const name = indexed.find((filter) => query[filter] !== undefined);
    if (name) return this.#by[name].all(filtersOf(query));
    if (status === undefined && queue === undefined) return this.#all.all(cursor, limit);
    return this.#merged(query);
  }

  #merged({ status, queue, limit, cursor = 0 }: TaskQuery): readonly string[] {
    const queues = queue === undefined ? this.#queues() : [queue];
    const statuses = status === undefined ? taskStatuses : [status];
    return queues
      .flatMap((part) => statuses.flatMap((of) => this.#part.all(part, of, cursor, limit)))
      .sort((a, b) => a - b)
      .slice(0, limit)
      .flatMap((arrival) => this.#arrival.get(arrival) ?? []);
  }
}

const filtersOf = (query: TaskQuery): Filters => ({
  status: query.status ?? null,
  queue: query.queue ?? null,
  node: query.node ?? null,
  userId: query.userId ?? null,
  parentId: query.parentId ?? null,
  cursor: query.cursor ?? 0,
  limit: query.limit,
});
