// What the store said to a submission, as an answer to who submitted. Pure.
import { Failure } from "#protocols/failure.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

/** Throws `conflict` and `queue_full`. */
export function receiptOf(result: SubmitResult): SubmitReceipt {
  switch (result.kind) {
    case "created":
    case "replayed":
      return { taskId: result.taskId, isReplay: result.kind === "replayed", ack: "durable" };
    case "conflict":
      throw new Failure(
        "conflict",
        `the idempotency key belongs to task ${result.taskId} with other content; use a new key`,
      );
    case "full":
      throw new Failure(
        "queue_full",
        `${result.pending} tasks wait already; try again when some are done`,
      );
    default:
      return result satisfies never;
  }
}
