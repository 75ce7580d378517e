// The end of an attempt on its way into the store: the QueueManager hears what became of it as a message
// of its own, and whoever reported it is answered.
import type { CommitResult, FailResult } from "#protocols/tasks/store.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";
import type { Context } from "#runtime/core/context.ts";
import type { Own } from "./own-messages.ts";
import type { Ending } from "./worker-pool.ts";

export type AttemptResult = CommitResult | FailResult;

/** An end of which the store is being told. */
export interface ToldEnd<R extends AttemptResult> {
  readonly end: Ending;
  readonly stored: Promise<R>;
  /** How the task has ended, if it has and the answer says so. */
  outcomeIn(result: R): TaskOutcome | undefined;
}

/** What the store said. Fails as the store does; then its worker still holds the task. */
export async function whenStored<R extends AttemptResult>(
  ctx: Pick<Context<unknown, Own>, "send" | "log">,
  { end, stored, outcomeIn }: ToldEnd<R>,
): Promise<R> {
  try {
    const result = await stored;
    ctx.send("finished", { ...end, outcome: outcomeIn(result) });
    if (result.kind === "lost") {
      const { taskId, fence } = end.lease;
      const text = `${end.node} reported ${taskId} under an old lease; refused`;
      ctx.log("warn", text, { code: "lease_lost", fence });
    }
    return result;
  } catch (cause) {
    ctx.send("notEnded", end);
    throw cause;
  }
}
