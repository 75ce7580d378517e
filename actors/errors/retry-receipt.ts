// What the store said to the wish that a task be tried again, as an answer to who wished it. Pure.
import { Failure } from "#protocols/failure.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskRetried } from "#protocols/tasks/task-records.ts";

export function retryReceipt(former: string, answer: TaskRetried): SubmitReceipt {
  switch (answer.kind) {
    case "created":
    case "replayed":
      return { taskId: answer.taskId, isReplay: answer.kind === "replayed", ack: answer.ack };
    case "full":
      throw new Failure("queue_full", `the queue of task ${former} is full; try again later`);
    case "not_found":
      throw new Failure("not_found", `there is no task ${former}; it may have been forgotten`);
    case "not_ended":
      throw new Failure("conflict", `task ${former} is ${answer.status}; wait for its end`);
    case "completed":
      throw new Failure("conflict", `task ${former} has a result; submit a new task for another`);
    case "inputs_gone":
      throw new Failure(
        "conflict",
        `the inputs of task ${former} are not kept any more; submit it anew with them`,
      );
    case "conflict":
    case "refused":
      throw new Failure("conflict", `task ${former} cannot be tried again: ${answer.kind}`);
    default:
      return answer satisfies never;
  }
}
