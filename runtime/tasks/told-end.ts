// How the end of an attempt is told to the queue, and what is told in its place when the queue refuses it.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
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
  const { progress, message } = reached;
  return queue.complete({ ...report, reached: { progress, message } });
}

/** What is no result, or no failure, would be refused for ever, and the lease renewed as long. */
export function toldInstead(end: Ended["end"], refusal: Failure): Ended["end"] {
  if (refusal.isRetryable) return end;
  const sight = { isCancelled: false };
  if ("result" in end) return { failure: classifyFailure(refusal, sight) };
  if (refusal.code !== "invalid") return end;
  const detail = `how it failed cannot be kept (${refusal.detail}): ${end.failure.detail}`;
  return { failure: classifyFailure(new Failure("internal", detail), sight) };
}
