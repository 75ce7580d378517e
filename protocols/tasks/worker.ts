// What the QueueManager may tell a worker: an actor that runs tasks, wherever it lives.
import { protocol, tell } from "../protocol.ts";
import { TaskLease } from "./task.ts";

export interface Worker {
  /** Hands over a leased task. The worker answers with `Queue.complete` or `Queue.fail`. */
  run(lease: TaskLease): void;
}
export const Worker = protocol<Worker>("tasks.Worker@1", { run: tell }).checked({
  run: [TaskLease],
});
