// What the QueueManager may tell a worker, an actor that runs tasks, wherever it lives; and what the agent
// of its node asks it.
import Type from "typebox";
import { ask, protocol, tell } from "../protocol.ts";
import type { ServedCapability } from "./capability.ts";
import { LeaseRef, TaskLease } from "./task.ts";

export interface Worker {
  /** Hands over a leased task. The worker answers with `Queue.complete` or `Queue.fail`. */
  run(lease: TaskLease): void;
  /** Asks it to give a task up; its heartbeats are told the same until it has. */
  cancel(request: CancelOrder): void;
  /** What it offers now. */
  served(): ServedCapability;
}
export interface CancelOrder {
  readonly taskId: string;
  readonly reason: string;
}
export const Worker = protocol<Worker>("tasks.Worker@2", {
  run: tell,
  cancel: tell,
  served: ask({ readonly: true }),
}).checked({
  run: [TaskLease],
  cancel: [
    Type.Object({
      taskId: LeaseRef.properties.taskId,
      reason: Type.String({ maxLength: 1_024 }),
    }),
  ],
});
