// Queues: what is set of each, and what it says of itself. A queue is made by the first task for it;
// `default` is there from the start.

import { Failure } from "#protocols/failure.ts";
import type { QueueSettings, QueueView } from "#protocols/tasks/store.ts";
import { queueDefault } from "#protocols/tasks/task.ts";
import type { QueueRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { blankQueue } from "./blank-queue.ts";
import { lately } from "./rate-window.ts";
import { retryBudgetOf } from "./retry-plan.ts";

/** The queue, or what it would be when a task came for it. */
export const queueOf = (context: StoreContext, queue: string): QueueRecord =>
  context.shelf.queue(queue) ?? blankQueue(queue, context);

/** As `queueOf`. Fails with `invalid` when it would be one queue too many. */
export function queueFor(context: StoreContext, queue: string): QueueRecord {
  const known = context.shelf.queue(queue);
  if (known) return known;
  const { queuesMax } = context.policy;
  if (allQueues(context).length >= queuesMax && queue !== queueDefault) {
    const seen = `there are ${queuesMax} queues already, which is the maximum`;
    throw new Failure("invalid", `${seen}, so "${queue}" cannot be made; use one of those`);
  }
  return blankQueue(queue, context);
}

export function allQueues(context: StoreContext): readonly QueueRecord[] {
  const queues = context.shelf.queues();
  const hasDefault = queues.some(({ queue }) => queue === queueDefault);
  return hasDefault ? queues : [blankQueue(queueDefault, context), ...queues];
}

/** Replaces what is named. Places that tasks have taken already stay theirs. */
export function setQueue(context: StoreContext, settings: QueueSettings): QueueView {
  const queue = { ...queueFor(context, settings.queue), ...settings };
  context.shelf.putQueue(queue);
  return viewOf(queue, context);
}

/** By name. */
export const queueViews = (context: StoreContext): readonly QueueView[] =>
  allQueues(context)
    .map((queue) => viewOf(queue, context))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1));

function viewOf(
  queue: QueueRecord,
  { nowMs, policy }: Pick<StoreContext, "nowMs" | "policy">,
): QueueView {
  const { window, runs, ...view } = queue;
  const isKnown = runs.count > 0;
  const budget = retryBudgetOf(queue, policy, nowMs);
  return {
    ...view,
    pending: queue.pending + queue.scheduled,
    endedPerSecond: lately(window, "ended", nowMs) / 10,
    claimedPerSecond: lately(window, "claims", nowMs) / 10,
    retriesLately: budget.used,
    retryBudgetLeft: budget.left,
    queueMsMean: isKnown ? runs.queueMsMean : null,
    runMsMean: isKnown ? runs.runMsMean : null,
  };
}
