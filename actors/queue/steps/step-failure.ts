// Why a task of steps could not go on: a step of it ended without a result.
import { type AttemptSight, classifyFailure } from "#protocols/tasks/classify-failure.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";

export class StepFailure {
  readonly failure: TaskFailure;

  constructor(failure: TaskFailure) {
    this.failure = failure;
  }

  /** The step has had its own retries, so the task gets none for it; for what is else, as its code. */
  static taskFailureOf(error: unknown, sight: AttemptSight): TaskFailure {
    if (error instanceof StepFailure) return error.failure;
    return classifyFailure(error, sight);
  }
}
