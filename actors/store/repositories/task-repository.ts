// Tasks behind the calls that programs of the source project know, spelt as there: a thin layer over
// the store, whose rules it keeps. A task's state is moved by leases and by what it is asked for, never
// by writing its row.

import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import { type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";
import { type NewTaskRow, submissionOf, type TaskRow, taskRowOf } from "./task-row.ts";

/** Words for states that the source table has beside ours. */
const sourceWords: Readonly<Record<string, TaskStatus>> = {
  waiting: "pending",
  queued: "pending",
  processing: "running",
  PROCESSING: "running",
};

/** What an update may say of a task: all else that differs is refused. */
export type TaskRowUpdate = Pick<TaskRow, "task_id"> & Partial<TaskRow>;

export interface TaskRowStatistics extends Readonly<Record<TaskStatus, number>> {
  /** Of all tasks that ever came. */
  readonly total: number;
  /** The source's word for what is pending or scheduled. */
  readonly waiting: number;
}

export class TaskRepository {
  readonly #store: Ref<Store>;

  constructor(store: Ref<Store>) {
    this.#store = store;
  }

  /**
   * Stores a new task and answers it as stored, with the id that the store gave it. Fails with
   * `queue_full` when its queue is at its limit, `invalid` for a row that is no task.
   */
  async create(task: NewTaskRow): Promise<TaskRow> {
    const submitted = await this.#store.submit(submissionOf(task));
    switch (submitted.kind) {
      case "created":
      case "replayed": {
        const stored = await this.get(submitted.taskId);
        if (stored) return stored;
        throw new Failure("not_found", `task ${submitted.taskId} ended and was forgotten already`);
      }
      case "full":
        throw new Failure(
          "queue_full",
          `${submitted.pending} tasks wait, the limit of ${submitted.limit} is reached; try later`,
        );
      case "conflict":
      case "refused":
        throw new Failure("conflict", `the task was not taken: ${submitted.kind}; change it`);
      default:
        return submitted satisfies never;
    }
  }

  async get(task_id: string): Promise<TaskRow | null> {
    const task = await this.#store.wholeTask(task_id);
    return task && taskRowOf(task);
  }

  /**
   * Changes what a row may change: `status` to `cancelled`, which a waiting task is at once, and a
   * running one when its worker has given up. A row that only repeats what is stored changes nothing.
   * Answers the task as it then is, null for an unknown one. Fails with `invalid` for any other
   * difference, and names it: states follow from leases, and what was submitted stays.
   */
  async update(task: TaskRowUpdate): Promise<TaskRow | null> {
    const stored = await this.get(task.task_id);
    if (!stored) return null;
    const wanted = new Map(Object.entries(task));
    const { status = stored.status } = task;
    wanted.set("status", sourceWords[status] ?? status);
    const changed = Object.entries(stored)
      .filter(([column, value]) => wanted.has(column) && wanted.get(column) !== value)
      .map(([column]) => column);
    const isCancel = changed.length === 1 && wanted.get("status") === "cancelled";
    if (changed.length === 0) return stored;
    if (!isCancel || changed[0] !== "status") {
      throw new Failure(
        "invalid",
        `an update cannot change ${changed.join(", ")} of task ${task.task_id}; ` +
          'it can set its status to "cancelled"; claim, complete or fail it for the others',
      );
    }
    const answer = await this.#store.cancel({ taskId: task.task_id, reason: "updated" });
    if (answer.kind !== "ended") return this.get(task.task_id);
    throw new Failure("invalid", `task ${task.task_id} is ${answer.status}, and stays so`);
  }

  /**
   * Cancels the task if it has not ended, and forgets it once it has. False: it is not known, or it
   * runs and was asked to give up; then delete it again when it has ended.
   */
  async delete(task_id: string): Promise<boolean> {
    await this.#store.cancel({ taskId: task_id, reason: "deleted" });
    return (await this.#store.forgetTask(task_id)).kind === "forgotten";
  }

  /** In the order of their arrival, as all lists. The source's words for states are understood. */
  async list_by_status(status: string): Promise<readonly TaskRow[]> {
    return this.#list({ status: statusOf(status) });
  }

  async list_by_node(node_id: string): Promise<readonly TaskRow[]> {
    return this.#list({ node: node_id });
  }

  async list_by_user(user_id: string): Promise<readonly TaskRow[]> {
    return this.#list({ userId: user_id });
  }

  /** Those that would be claimed next. */
  async get_pending_tasks(limit: number): Promise<readonly TaskRow[]> {
    return (await this.#store.nextTasks(limit)).map(taskRowOf);
  }

  async get_statistics(): Promise<TaskRowStatistics> {
    const { total, counts } = await this.#store.statistics();
    const { pendingBytes: _, ...byStatus } = counts;
    return { total, ...byStatus, waiting: counts.pending + counts.scheduled };
  }

  /** All of them, or `too_large` when they are more than one answer may hold. */
  async #list(query: Omit<TaskQuery, "limit" | "cursor">): Promise<readonly TaskRow[]> {
    const rows: TaskRow[] = [];
    let cursor: number | null = 0;
    while (cursor !== null) {
      const page = await this.#store.wholeTasks({ ...query, cursor, limit: pageRows });
      rows.push(...page.tasks.map(taskRowOf));
      cursor = page.next;
      if (rows.length <= storeLimits.repositoryRowsMax) continue;
      throw new Failure(
        "too_large",
        `more than ${storeLimits.repositoryRowsMax} tasks are so; ask the store for them in pages`,
      );
    }
    return rows;
  }
}

const pageRows = 200;

function statusOf(word: string): TaskStatus {
  const status = taskStatuses.find((known) => known === (sourceWords[word] ?? word));
  if (status) return status;
  const known = [...taskStatuses, ...Object.keys(sourceWords)].join(", ");
  throw new Failure("invalid", `"${word}" is no state of a task; it is one of ${known}`);
}
