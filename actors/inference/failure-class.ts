// What a failure on a worker says about another attempt: whether it can help, and how often. Pure.
import type { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { FailureClass, TaskFailure } from "#protocols/tasks/task-failure.ts";

const classes: Partial<Record<FailureCode, FailureClass>> = {
  timeout: "timeout",
  cancelled: "cancelled",
  node_down: "node_lost",
  link_full: "network",
  model_failed: "model",
  bad_image: "validation",
};

/** What the table above does not name: what is worth a repetition lacked something, the rest is wrong. */
export const taskFailureOf = ({ code, detail, isRetryable }: Failure): TaskFailure => ({
  code,
  detail: detail.slice(0, detailLengthMax),
  class: classes[code] ?? (isRetryable ? "resource" : "validation"),
});

const detailLengthMax = 8_192;
