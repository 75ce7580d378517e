// Rings for a sweep: regularly, and when something is due before. What a submission or a claim makes due is
// said here at once, so that nothing waits for the regular sweep to be found.
import type { TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { Context } from "#runtime/core/context.ts";
import type { Own } from "./own-messages.ts";
import { SweepTimes } from "./sweep-times.ts";

type AlarmContext = Pick<Context<unknown, Own>, "after" | "every" | "now" | "wall">;

const everyMs = 1_000;

export class SweepAlarm {
  readonly #context: () => AlarmContext;
  readonly #times = new SweepTimes(everyMs);

  constructor(context: () => AlarmContext) {
    this.#context = context;
  }

  start(): void {
    this.#context().every(everyMs, "sweep");
  }

  /** A sweep has begun. */
  rung(): void {
    this.#times.begun(this.#context().now());
  }

  /** A sweep finds something then: milliseconds since 1970 UTC. */
  dueAt(at: number): void {
    this.dueIn(at - this.#context().wall());
  }

  dueIn(ms: number): void {
    const ctx = this.#context();
    const delayMs = this.#times.want(ms, ctx.now());
    if (delayMs !== undefined) ctx.after(delayMs, "sweep");
  }

  submitted({ deadlineMs, queueDeadlineMs, runAt }: TaskSubmission): void {
    const startsIn = runAt === undefined ? 0 : Math.max(0, runAt - this.#context().wall());
    if (startsIn > 0) this.dueIn(startsIn);
    if (queueDeadlineMs !== undefined) this.dueIn(startsIn + queueDeadlineMs);
    if (deadlineMs !== undefined) this.dueIn(deadlineMs);
  }

  claimed(leases: readonly TaskLease[]): void {
    for (const { timeoutMs } of leases) if (timeoutMs !== null) this.dueIn(timeoutMs);
  }
}
