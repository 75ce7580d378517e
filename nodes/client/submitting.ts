// Submits a task until it is acknowledged: under one key, so that whatever became of the call before, the
// task is there once. A failure that says that trying again can help is tried again, as long as there is
// time.
import { randomUUID } from "node:crypto";
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { ownKey } from "#protocols/tasks/idempotency-keys.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { ClusterDesks } from "./cluster-desks.ts";

export interface SubmittingPorts {
  /** At least 0, below 1. */
  random(): number;
  /** Resolves after so many milliseconds, or as soon as this place ends. */
  pause(ms: number): Promise<void>;
}

const retry = {
  delayMsMin: clientLimits.submitRetryMsMin,
  delayMsMax: clientLimits.submitRetryMsMax,
  factor: 2,
  jitter: 0.5,
};

export class TaskSubmitting {
  readonly #desks: ClusterDesks;
  readonly #ports: SubmittingPorts;
  readonly #withinMs: number;

  constructor(desks: ClusterDesks, ports: SubmittingPorts, withinMs: number) {
    this.#desks = desks;
    this.#ports = ports;
    this.#withinMs = withinMs;
  }

  async submit(submission: TaskSubmission): Promise<SubmitReceipt> {
    const { idempotencyKey } = submission;
    if (idempotencyKey !== undefined) return this.#repeated(submission);
    const own = { ...submission, idempotencyKey: ownKey(randomUUID()) };
    // Only this call knows the key: what it repeats is nobody's repetition.
    return { ...(await this.#repeated(own)), isReplay: false };
  }

  async #repeated(submission: TaskSubmission): Promise<SubmitReceipt> {
    const { pause, random } = this.#ports;
    const time = this.#desks.time(this.#withinMs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#desks.queue.ask((queue) => queue.submit(submission), time);
      } catch (cause) {
        const pauseMs = backoffDelay(retry, attempt, random());
        if (!Failure.of(cause).isRetryable || pauseMs >= time.leftMs) throw cause;
        await pause(pauseMs);
      }
    }
  }
}
