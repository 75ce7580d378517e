// What the QueueManager may tell a worker: an actor that runs tasks, wherever it lives.
import Type from "typebox";
import { protocol, tell } from "../protocol.ts";
import { LeaseRef, TaskLease } from "./task.ts";

export interface Worker {
  /** Hands over a leased task. The worker answers with `Queue.complete` or `Queue.fail`. */
  run(lease: TaskLease): void;
  /** Asks it to give a task up; its heartbeats are told the same until it has. */
  cancel(request: CancelOrder): void;
}
export interface CancelOrder {
  readonly taskId: string;
  readonly reason: string;
}
export const Worker = protocol<Worker>("tasks.Worker@2", { run: tell, cancel: tell }).checked({
  run: [TaskLease],
  cancel: [
    Type.Object({
      taskId: LeaseRef.properties.taskId,
      reason: Type.String({ maxLength: 1_024 }),
    }),
  ],
});
