// How the end of an attempt is told to the queue, and what is told in its place when the queue refuses it.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import type { Context } from "#runtime/core/context.ts";
import type { Ended, Reported } from "./worker-messages.ts";

export interface ToldEnd extends Ended {
  readonly node: string;
  /** What was reported last of how far the attempt is. */
  readonly reached: Reached | undefined;
}

/** Rejects as the queue does. */
export function tellEnd(
  queue: Ref<Queue>,
  { end, lease, node, reached }: ToldEnd,
): Promise<Pick<Reported, "kind">> {
  if (!("result" in end)) {
    return queue.fail({ node, lease, failure: end.failure, ...(reached && { reached }) });
  }
  const report = { node, lease, result: end.result };
  if (!reached) return queue.complete(report);
  // Nobody goes on from a checkpoint of what is done.
  const { checkpoint: _, ...kept } = reached;
  return queue.complete({ ...report, reached: kept });
}

/**
 * What is no result, or no failure, would be refused for ever, and the lease renewed as long. That it is
 * none is a mistake of its handler, which the log tells: nobody who submits the task is told `invalid` of it.
 */
export function toldInstead(ctx: Logging, { end, lease }: Ended, refusal: Failure): Ended["end"] {
  if (refusal.isRetryable) return end;
  const { code, detail } = refusal;
  const isUnfit = code === "invalid" || code === "too_large";
  if (!isUnfit) return "result" in end ? { failure: told(refusal) } : end;
  const text =
    "result" in end
      ? `its handler's result cannot be kept: ${detail}`
      : `how it failed cannot be kept (${detail}): ${end.failure.detail}`;
  const failure = told(new Failure("internal", text));
  ctx.log("warn", `task ${lease.taskId}: ${failure.detail}`, { code: failure.code });
  return { failure };
}

type Logging = Pick<Context<unknown>, "log">;

const told = (failure: Failure): TaskFailure => classifyFailure(failure, { isCancelled: false });
