// One interface over the queue, the store, the StateManager, the NodeRegistry and the control channel, for
// processes that joined the cluster and for actors of it.
//
//   caller ──► Communication ──► queue, store: tasks      registry: nodes
//                           └──► control channel: orders  StateManager, or else the store: notices
//
// Every call has its time, and fails within it with a code; nothing is kept here that could be lost.
import { Failure } from "#protocols/failure.ts";
import type { ControlAnswer, ControlCaller, ControlRequest } from "#protocols/tasks/control.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { Severity } from "#protocols/tasks/state-notices.ts";
import type { TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import { type CancelOptions, type CancelReport, TaskCancelling } from "./cancelling.ts";
import { ClusterDesks, type DeskPorts } from "./cluster-desks.ts";
import { type SubmittingPorts, TaskSubmitting } from "./submitting.ts";
import { type MemberStanding, type SystemStatus, SystemSurvey } from "./system-survey.ts";
import type { TaskUpdate } from "./task-update.ts";
import { TaskUpdating, type UpdateReport } from "./task-updating.ts";
import { type Notified, UserNotices } from "./user-notices.ts";

export interface CommunicationPorts extends DeskPorts, SubmittingPorts {
  /** Milliseconds since 1970 UTC. */
  wall(): number;
  /** Null: this place does not see them. */
  members(): readonly MemberStanding[] | null;
  /** On whose behalf orders go to the control channel, and what they may do. */
  readonly caller: ControlCaller;
  /** This node. */
  readonly node: string;
}

/** Milliseconds for the answer of a command whose own time is up. */
const answerMs = 1_000;

export class Communication {
  readonly #desks: ClusterDesks;
  readonly #caller: ControlCaller;
  readonly #submitting: TaskSubmitting;
  readonly #updating: TaskUpdating;
  readonly #cancelling: TaskCancelling;
  readonly #notices: UserNotices;
  readonly #survey: SystemSurvey;
  readonly #withinMs: number;

  constructor(ports: CommunicationPorts, withinMs: number) {
    const desks = new ClusterDesks(ports, withinMs);
    this.#desks = desks;
    this.#caller = ports.caller;
    this.#withinMs = withinMs;
    this.#submitting = new TaskSubmitting(desks, ports, withinMs);
    this.#cancelling = new TaskCancelling(desks, ports);
    this.#updating = new TaskUpdating(desks, this.#cancelling, ports);
    this.#notices = new UserNotices(desks);
    this.#survey = new SystemSurvey(desks, ports, withinMs);
  }

  /** Whom this asks, for those that ask more. */
  get desks(): ClusterDesks {
    return this.#desks;
  }

  // ---- tasks

  /**
   * Acknowledged when it is stored. What fails for a time is tried again within the call's time, always
   * under one idempotency key: the submission's, or one of its own; so that the task is there once, also
   * when an answer was lost. A full queue is tried again, too.
   */
  submit(submission: TaskSubmission): Promise<SubmitReceipt> {
    return this.#submitting.submit(submission);
  }

  /** The task as it stands; null when there is none of that id. */
  task(taskId: string): Promise<TaskView | null> {
    return this.#desks.queue.ask((queue) => queue.view(taskId));
  }

  /** Waits until the task has ended. Fails with `timeout`, and then it may be asked again. */
  outcome(taskId: string, { withinMs = this.#withinMs } = {}): Promise<TaskOutcome> {
    return this.#desks.queue.ask((queue) => queue.outcome(taskId), this.#desks.time(withinMs));
  }

  /**
   * Describes the task anew, or says where it stands: one of these a call. Fails with `not_found`, with
   * `invalid` for what makes no sense, with `conflict` where the task cannot go there from where it is,
   * with `lease_lost` for who does not hold it any more; and then nothing has changed. Progress is kept once a
   * second: a report waits for that, and a newer one of the same lease takes the place of one that waits.
   */
  updateTaskStatus(taskId: string, update: TaskUpdate): Promise<UpdateReport> {
    return this.#updating.update(taskId, update);
  }

  /**
   * Through the control channel, where it is kept; by the queue while there is none. `node`: only if the
   * task is there, else it fails with `conflict`. Fails with `not_found`.
   */
  cancelTask(taskId: string, options: CancelOptions = {}): Promise<CancelReport> {
    return this.#cancelling.cancel(taskId, options);
  }

  // ---- people

  /** An event of the channel `system`: all that follow it are told, and it is kept in the log. */
  broadcastNotification(message: string, level: Severity = "info"): Promise<Notified> {
    return this.#notices.broadcast(message, level);
  }

  /** An event of the user's channel. */
  notifyUser(
    userId: string,
    message: string,
    { level = "info", taskId }: { readonly level?: Severity; readonly taskId?: string } = {},
  ): Promise<Notified> {
    const about = taskId === undefined ? {} : { taskId };
    return this.#notices.notifyUser({ userId, message, severity: level, ...about });
  }

  // ---- the cluster

  /** Never fails: what could not be asked is said, with what was last known of it. */
  getSystemStatus(): Promise<SystemStatus> {
    return this.#survey.look();
  }

  /**
   * Any command of the control channel; answers how it ended, also when it was refused. With `timeoutMs`
   * the call takes up to a second more; without, the command ends within the time of any call.
   */
  command(request: ControlRequest): Promise<ControlAnswer> {
    const { timeoutMs = Number.POSITIVE_INFINITY } = request;
    const withinMs = request.timeoutMs === undefined ? this.#withinMs : timeoutMs + answerMs;
    return this.#desks.control.ask((channel, { answerWithinMs }) => {
      const bounded = { ...request, timeoutMs: Math.min(timeoutMs, answerWithinMs) };
      return channel.command(bounded, this.#caller);
    }, this.#desks.time(withinMs));
  }

  /** What the command responded; fails with its error otherwise. */
  async order(request: ControlRequest): Promise<Readonly<Record<string, unknown>>> {
    const { error, response, status } = await this.command(request);
    if (status === "completed") return response ?? {};
    if (error) throw new Failure(error.code, error.detail);
    throw new Failure("timeout", `${request.command} has ${status.replaceAll("_", " ")}`);
  }
}
