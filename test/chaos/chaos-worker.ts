// The worker whose effects are counted: each attempt writes to a file outside of the cluster when it
// begins and when it ends, with its fence; one write a line, so that none is torn by a kill.
import { appendFileSync } from "node:fs";
import type { TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import {
  type TaskHandlers,
  type TaskInHand,
  TaskWorker,
  type WorkerTerms,
} from "#runtime/index.ts";

interface ChaosArguments extends WorkerTerms {
  readonly record: string;
  readonly workMsMin: number;
  readonly workMsMax: number;
}

export const chaosModel = "chaos";

export default class ChaosWorker extends TaskWorker<ChaosArguments> {
  static initial = (args: ChaosArguments): ChaosArguments => args;

  protected readonly handlers: TaskHandlers = {
    "*": (task, inHand) => this.#work(task, inHand),
  };

  protected get models(): readonly string[] {
    return [chaosModel];
  }

  async #work(task: TaskLease, { progress, signal }: TaskInHand): Promise<TaskResult> {
    const { workMsMax, workMsMin } = this.state;
    this.#write("begin", task);
    progress(0.5, { message: "half of it is done" });
    await this.ctx.sleep(workMsMin + this.ctx.random() * (workMsMax - workMsMin), signal);
    this.#write("end", task);
    const { fence, taskId } = task;
    const bytes = Buffer.from(JSON.stringify({ taskId, fence, node: this.ctx.node.name }));
    return {
      figures: { fence },
      files: [{ name: "effect", contentType: "application/json", bytes }],
    };
  }

  #write(what: "begin" | "end", { fence, taskId }: TaskLease): void {
    const { name } = this.ctx.node;
    const line = { what, taskId, fence, node: name, at: this.ctx.wall() };
    appendFileSync(this.state.record, `${JSON.stringify(line)}\n`);
  }
}
