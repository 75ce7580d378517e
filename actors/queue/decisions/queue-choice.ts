// Which queue a task goes to that names none: of those that take it, the one where it would begin
// first. A class that suits it less, or that costs money, is worth it only when it saves that much
// waiting. One that would refuse it is the last, so that who is refused has nowhere else to go. Pure.
import type { QueuePlan, ResourceClass, ResourceDemand } from "#protocols/tasks/resource-demand.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";

/** How busy a queue is. */
export interface QueueLoad {
  readonly pending: number;
  readonly running: number;
  /** It hands nothing out just now. */
  readonly isPaused: boolean;
  /** As far as it is known: `refuses` this task even when it is empty. */
  readonly room: "free" | "full" | "refuses";
  /** Of the workers that serve it now and can run the task. */
  readonly slots: number;
  /** Mean milliseconds of a run; null before the first. */
  readonly runMsMean: number | null;
}

/** A run of which nothing is known. */
const runMsGuess = 1_000;
/** Milliseconds of waiting that are put up with before the next best class is taken. */
const stepMs = 1_000;
/** The same for what is paid for by use. */
const paidMs = 10_000;

export interface QueueOption {
  readonly queue: string;
  readonly load: QueueLoad;
}

/** Of the queues that take it, the best first; empty when none does. */
export function rankedQueues(
  queues: readonly QueuePlan[],
  task: Pick<TaskSubmission, "type" | "model"> & { readonly demand: ResourceDemand },
  loadOf: (plan: QueuePlan) => QueueLoad,
): readonly QueueOption[] {
  const { classes } = task.demand;
  const options = queues.flatMap((plan) => {
    if (!takes(plan, task)) return [];
    const load = loadOf(plan);
    const ms = waitMs(load) + reluctanceMs(plan.class, classes);
    return [{ queue: plan.queue, load, ms }];
  });
  // Of equals the first in the file.
  return options.length < 2 ? options : options.sort((a, b) => a.ms - b.ms);
}

export function takes(
  { class: resourceClass, types, models, pixelsMax }: QueuePlan,
  task: Pick<TaskSubmission, "type" | "model"> & { readonly demand: ResourceDemand },
): boolean {
  const { classes, pixels } = task.demand;
  return (
    classes.includes(resourceClass) &&
    (types === null || types.includes(task.type)) &&
    (models === null || models.includes(task.model)) &&
    (pixelsMax === null || (pixels ?? 0) <= pixelsMax)
  );
}

/**
 * Queues that nobody serves just now stand behind all others, the shortest first; behind these those that
 * are paused or full, and behind all of them those that refuse it.
 */
function waitMs({ pending, running, slots, runMsMean, isPaused, room }: QueueLoad): number {
  // Those that run are in the way when they leave no slot free.
  const before = pending + Math.max(0, running - slots + 1);
  const workMs = before * (runMsMean ?? runMsGuess);
  const aloneMs = slots === 0 ? 1e9 + workMs : workMs / slots;
  if (room === "refuses") return 1e15 + aloneMs;
  return isPaused || room === "full" ? 1e12 + aloneMs : aloneMs;
}

const reluctanceMs = (resourceClass: ResourceClass, classes: ResourceDemand["classes"]): number =>
  classes.indexOf(resourceClass) * stepMs + (resourceClass === "serverless" ? paidMs : 0);
