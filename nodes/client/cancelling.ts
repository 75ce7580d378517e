// Cancelling a task: by the control channel, which keeps who wanted it, or by the queue while there is none.
// It comes to the same when it is done twice.
import { Failure } from "#protocols/failure.ts";
import type { ControlAnswer, ControlCaller, ControlRequest } from "#protocols/tasks/control.ts";
import type { CancelResult } from "#protocols/tasks/store.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { CallTime } from "./call-time.ts";
import type { ClusterDesks } from "./cluster-desks.ts";

export interface CancelOptions {
  /** Only when the task was given to this node. */
  readonly node?: string;
  readonly reason?: string;
  /** Of the command, so that the same call again is the same command. Default: a new one. */
  readonly commandId?: string;
}

export interface CancelReport {
  readonly taskId: string;
  /** `requested`: it runs, and its worker was asked to give up. `ended`: it had ended before. */
  readonly outcome: "cancelled" | "requested" | "ended";
  /** Where it stands now. */
  readonly status: string;
  readonly by: "control-channel" | "queue";
  /** Under which the channel keeps it; null: by the queue. */
  readonly commandId: string | null;
}

const reasonDefault = "cancelled by a client";

export class TaskCancelling {
  readonly #desks: ClusterDesks;
  readonly #caller: ControlCaller;

  constructor(desks: ClusterDesks, { caller }: { readonly caller: ControlCaller }) {
    this.#desks = desks;
    this.#caller = caller;
  }

  async cancel(
    taskId: string,
    options: CancelOptions,
    time = this.#desks.time(),
  ): Promise<CancelReport> {
    const { node, reason = reasonDefault, commandId } = options;
    if (node !== undefined) await this.#checkPlace(taskId, node, time);
    const id = commandId === undefined ? {} : { commandId };
    const answer = await this.#byChannel({ taskId, parameters: { reason }, ...id }, time);
    if (answer !== undefined) return channelReport(taskId, answer);
    return this.#byQueue(taskId, reason, time);
  }

  /** Undefined when the channel is not there. */
  async #byChannel(
    about: Omit<ControlRequest, "command">,
    time: CallTime,
  ): Promise<ControlAnswer | undefined> {
    const order = { ...about, command: "CANCEL_TASK" };
    try {
      return await this.#desks.control.ask(
        (channel, { answerWithinMs: timeoutMs }) =>
          channel.command({ ...order, timeoutMs }, this.#caller),
        time,
      );
    } catch (cause) {
      if (Failure.of(cause).code === "unavailable") return undefined;
      throw cause;
    }
  }

  async #byQueue(taskId: string, reason: string, time: CallTime): Promise<CancelReport> {
    const request = { taskId, reason, by: this.#caller.by };
    const result = await this.#desks.queue.ask((queue) => queue.cancel(request), time);
    return queueReport(taskId, result);
  }

  async #checkPlace(taskId: string, node: string, time: CallTime): Promise<void> {
    const task = await this.#desks.queue.ask((queue) => queue.view(taskId), time);
    if (task === null) throw noSuchTask(taskId);
    if (task.assignedNode === node) return;
    const text = `the task ${taskId} is not on ${node}: it is ${placeOf(task)}; leave node out to cancel it wherever it is`;
    throw new Failure("conflict", text);
  }
}

const placeOf = ({ assignedNode, status }: TaskView): string =>
  assignedNode === null ? `${status}, on no node` : `${status}, on ${assignedNode}`;

function channelReport(taskId: string, answer: ControlAnswer): CancelReport {
  const { commandId, error, response, status } = answer;
  if (status !== "completed") {
    const detail = error?.detail ?? `CANCEL_TASK has ${status.replaceAll("_", " ")}; ask again`;
    throw new Failure(error?.code ?? "timeout", detail);
  }
  const outcome = outcomeIn(response?.["outcome"]);
  const now = response?.["status"];
  const after = outcome === "cancelled" ? "cancelled" : outcome === "requested" ? "running" : "";
  const stands = typeof now === "string" ? now : after;
  return { taskId, outcome, status: stands, by: "control-channel", commandId };
}

function outcomeIn(value: unknown): CancelReport["outcome"] {
  if (value === "cancelled" || value === "requested" || value === "ended") return value;
  throw new Failure("protocol_mismatch", `CANCEL_TASK answered ${String(value)}: run one release`);
}

function queueReport(taskId: string, result: CancelResult): CancelReport {
  const said = { taskId, by: "queue", commandId: null } as const;
  switch (result.kind) {
    case "cancelled":
      return { ...said, outcome: "cancelled", status: "cancelled" };
    case "requested":
      return { ...said, outcome: "requested", status: "running" };
    case "ended":
      return { ...said, outcome: "ended", status: result.status };
    case "not_found":
      throw noSuchTask(taskId);
    default:
      return result satisfies never;
  }
}

export const noSuchTask = (taskId: string): Failure =>
  new Failure("not_found", `there is no task ${taskId}: look at its id`);
