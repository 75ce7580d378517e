// How the end of an attempt is told to the queue, and what is told in its place when the queue refuses it.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import type { Ended, Reported } from "./worker-messages.ts";

/** Rejects as the queue does. */
export function tellEnd(
  queue: Ref<Queue>,
  node: string,
  { end, lease }: Ended,
): Promise<Pick<Reported, "kind">> {
  if ("result" in end) return queue.complete({ node, lease, result: end.result });
  return queue.fail({ node, lease, failure: end.failure });
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
