// What the task routes need from the cluster: any task in, how it stands, its end, a list, and its
// cancellation.
import { Failure } from "#protocols/failure.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { CancelResult, TaskPage } from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskView } from "#protocols/tasks/task.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { absenceOf } from "./absent-task.ts";
import { isVisibleTo } from "./asking-user.ts";
import type { Client, ClientSubmission, QueueClient } from "./queue-client.ts";

export interface TaskServicePorts {
  /** While the gateway drains, it refuses; else it counts the work until it is done. */
  readonly admitted: <T>(work: () => Promise<T>) => Promise<T>;
  /** The model that repairs are sent to. */
  readonly model: () => string;
  /** Models that at least one worker offers now. */
  readonly models: () => Promise<readonly string[]>;
  /** Why a task for that model is not taken; undefined: it may be waited for. */
  readonly refusal: (model: string, signal: AbortSignal) => Promise<Failure | undefined>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

export class TaskService {
  readonly #queue: Pick<
    QueueClient,
    "run" | "submit" | "msUntilRoom" | "view" | "ending" | "awaitEnd" | "list" | "cancel"
  >;
  readonly #ports: TaskServicePorts;

  constructor(queue: QueueClient, ports: TaskServicePorts) {
    this.#queue = queue;
    this.#ports = ports;
  }

  get model(): string {
    return this.#ports.model();
  }

  /** Models that at least one worker offers now. */
  models(): Promise<readonly string[]> {
    return this.#ports.models();
  }

  /** Why a task for that model is not taken: nobody has it. Undefined: it is served, or may be waited for. */
  refusal(model: string, signal: AbortSignal): Promise<Failure | undefined> {
    return this.#ports.refusal(model, signal);
  }

  /** Resolves with the task's end. Who goes away before it, without a key, withdraws the task. */
  run(submission: ClientSubmission, client: Client): Promise<TaskOutcome> {
    return this.#ports.admitted(() => this.#queue.run(submission, client));
  }

  submit(submission: ClientSubmission, client: Client): Promise<SubmitReceipt> {
    return this.#ports.admitted(() => this.#queue.submit(submission, client));
  }

  /** Until the queue that refused a submission has room; null: nobody knows. */
  msUntilRoom(refusal: Failure): Promise<number | null> {
    return this.#queue.msUntilRoom(refusal);
  }

  /** Null when there is none, or it is another user's. */
  async task(taskId: string, user: string | undefined): Promise<TaskView | null> {
    const task = await this.#queue.view(taskId);
    return task !== null && isVisibleTo(user, task) ? task : null;
  }

  /** Why there is no such task to be shown: `not_found`, or `gone`. */
  absence(taskId: string): Promise<Failure> {
    return absenceOf(this.#queue, taskId);
  }

  /** The task when it has ended, or as it stands when the time is over. */
  async whenEnded(task: TaskView, waitMs: number, signal: AbortSignal): Promise<TaskView> {
    if (isEnded(task.status) || waitMs <= 0) return task;
    await this.#queue.awaitEnd(task.taskId, waitMs, signal);
    return (await this.#queue.view(task.taskId)) ?? task;
  }

  /**
   * Resolves when all of them have ended or the time is over. Waits for one at a time, since an end
   * comes with its files.
   */
  async whenAllEnded(
    tasks: readonly TaskView[],
    waitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const deadline = this.#ports.now() + waitMs;
    for (const { taskId } of tasks) {
      const leftMs = deadline - this.#ports.now();
      if (leftMs <= 0 || signal.aborted) return;
      const task = await this.#queue.view(taskId);
      if (task !== null && !isEnded(task.status)) {
        await this.#queue.awaitEnd(taskId, leftMs, signal);
      }
    }
  }

  /** Of a task that has ended. */
  ending(taskId: string): Promise<TaskOutcome> {
    return this.#queue.ending(taskId);
  }

  list(query: TaskQuery): Promise<TaskPage> {
    return this.#queue.list(query);
  }

  /** Fails with `not_found` when there is no such task. */
  async cancel(
    taskId: string,
    order: { readonly reason: string; readonly by: string | undefined },
  ): Promise<Exclude<CancelResult, { kind: "not_found" }>> {
    const { reason, by } = order;
    const result = await this.#queue.cancel({
      taskId,
      reason,
      ...(by === undefined ? {} : { by }),
    });
    if (result.kind !== "not_found") return result;
    throw new Failure("not_found", `there is no task ${taskId}`);
  }
}
