// What the store said to a submission, as an answer to who submitted. Pure.
import { Failure } from "#protocols/failure.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

/** Throws `conflict`, `queue_full` and `invalid`. */
export function receiptOf(result: SubmitResult): SubmitReceipt {
  switch (result.kind) {
    case "created":
    case "replayed":
      return { taskId: result.taskId, isReplay: result.kind === "replayed", ack: result.ack };
    case "conflict":
      throw new Failure(
        "conflict",
        `the idempotency key belongs to task ${result.taskId} with other content; use a new key`,
      );
    case "full":
      throw new Failure("queue_full", fullText(result));
    case "refused":
      throw new Failure("invalid", refusals[result.reason]);
    default:
      return result satisfies never;
  }
}

function fullText({
  limit,
  pending,
  retryAfterMs,
}: Extract<SubmitResult, { kind: "full" }>): string {
  const when =
    retryAfterMs === null
      ? "try again when some are done"
      : `try again in ${Math.max(1, Math.ceil(retryAfterMs / 1_000))} s`;
  const whom = limit === "people" ? " for people" : "";
  return `${pending} tasks wait${whom} already, and ${limits[limit]}; ${when}`;
}

const limits = {
  tasks: "there is no room for more",
  people: "that is as many as may",
  bytes: "there is no room for their bytes and yours",
  others: "others wait for room before yours",
  user: "you have as many among them as a user may have",
} as const;

const refusals = {
  ack_level: "the store cannot give the acknowledgement that was asked for; ask for a weaker one",
  parent_ended: "the task's parent has ended, or is not known; submit it without one",
} as const;
