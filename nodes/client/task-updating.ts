// Carries out updates of tasks: each by whoever decides about it, so that what a task may do is decided
// where it is kept.
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { CallTime } from "./call-time.ts";
import { noSuchTask, type TaskCancelling } from "./cancelling.ts";
import type { ClusterDesks } from "./cluster-desks.ts";
import { lost, ProgressReports, type ReportPorts } from "./progress-reports.ts";
import { checkStep, stepOf, type TaskUpdate, type UpdateStep } from "./task-update.ts";

export interface UpdateReport {
  /**
   * `changed`: as it was asked for. `superseded`: a newer progress of this lease was given here before this one
   * was kept. `requested`: the task's worker was asked to give up. `retried`: it was reported failed, and
   * will be tried again.
   */
  readonly outcome: "changed" | "superseded" | "requested" | "retried";
  /** As it stands now; null when it was forgotten at once, or could not be looked at in this call's time. */
  readonly task: TaskView | null;
}

export interface UpdatingPorts extends ReportPorts {
  /** This node. */
  readonly node: string;
}

type Outcome = UpdateReport["outcome"];

export class TaskUpdating {
  readonly #desks: ClusterDesks;
  readonly #cancelling: TaskCancelling;
  readonly #reports: ProgressReports;
  readonly #node: string;

  constructor(desks: ClusterDesks, cancelling: TaskCancelling, ports: UpdatingPorts) {
    this.#desks = desks;
    this.#cancelling = cancelling;
    this.#reports = new ProgressReports(desks, ports);
    this.#node = ports.node;
  }

  async update(taskId: string, update: TaskUpdate): Promise<UpdateReport> {
    const time = this.#desks.time();
    const step = stepOf(taskId, update);
    const outcome = await this.#take(taskId, step, time);
    // The update stands, whether or not it can be looked at.
    return { outcome, task: await this.#view(taskId, time).catch(() => null) };
  }

  /** Fails with `conflict` when the task cannot go there from where it is. */
  async #checked(step: UpdateStep, taskId: string, time: CallTime): Promise<TaskView> {
    const task = await this.#view(taskId, time);
    if (task === null) throw noSuchTask(taskId);
    checkStep(step, task);
    return task;
  }

  async #take(taskId: string, step: UpdateStep, time: CallTime): Promise<Outcome> {
    const check = (): Promise<TaskView> => this.#checked(step, taskId, time);
    if (step.kind === "progress") return this.#reports.tell(step, { time, check });
    const task = await check();
    const node = task.assignedNode ?? this.#node;
    switch (step.kind) {
      case "describe":
        return this.#describe(taskId, step, time);
      case "complete": {
        const { lease, result } = step;
        const ended = await this.#reports.withEnd(lease, (waiting) => {
          const end = { node, lease, result, ...waiting };
          return this.#desks.queue.ask((queue) => queue.complete(end), time);
        });
        return ended.kind === "committed" ? "changed" : lost(lease);
      }
      case "fail": {
        const { lease, failure } = step;
        const ended = await this.#reports.withEnd(lease, (waiting) => {
          const end = { node, lease, failure, ...waiting };
          return this.#desks.queue.ask((queue) => queue.fail(end), time);
        });
        if (ended.kind === "lost") return lost(lease);
        return ended.kind === "retried" ? "retried" : "changed";
      }
      case "cancel":
        return this.#cancel(taskId, step.reason, time);
      default:
        return step satisfies never;
    }
  }

  async #cancel(taskId: string, reason: string | undefined, time: CallTime): Promise<Outcome> {
    const why = reason === undefined ? {} : { reason };
    const { outcome, status } = await this.#cancelling.cancel(taskId, why, time);
    if (outcome === "requested") return "requested";
    if (outcome === "cancelled" || status === "cancelled") return "changed";
    throw new Failure("conflict", `the task ${taskId} has become ${status} meanwhile`);
  }

  /** Without a version the newest is changed, also when somebody else changes it at the same time. */
  async #describe(
    taskId: string,
    { changes, version }: Extract<UpdateStep, { kind: "describe" }>,
    time: CallTime,
  ): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      const seen = version ?? (await this.#view(taskId, time))?.version;
      if (seen === undefined) throw noSuchTask(taskId);
      const change = { taskId, version: seen, changes };
      const saved = await this.#desks.store.ask((store) => store.amendTask(change), time);
      if (saved.kind === "saved") return "changed";
      if (saved.kind === "not_found") throw noSuchTask(taskId);
      if (version !== undefined || attempt === clientLimits.describeAttemptsMax) {
        const text = `the task ${taskId} has version ${saved.version} by now, not ${seen}: read it again, then decide`;
        throw new Failure("conflict", text);
      }
    }
  }

  #view(taskId: string, time: CallTime): Promise<TaskView | null> {
    return this.#desks.queue.ask((queue) => queue.view(taskId), time);
  }
}
