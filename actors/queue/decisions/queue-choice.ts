// Which queue a task goes to that names none: of those that take it, the one where it would begin
// first. A class that suits it less, or that costs money, is worth it only when it saves that much
// waiting. Pure.
import type { QueuePlan, ResourceClass, ResourceDemand } from "#protocols/tasks/resource-demand.ts";
import { queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";

/** How busy a queue is. */
export interface QueueLoad {
  readonly pending: number;
  readonly running: number;
  /** It hands nothing out, or takes nothing more, just now. */
  readonly isShut: boolean;
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

/** `default` when none of the queues takes it. */
export function chooseQueue(
  queues: readonly QueuePlan[],
  task: Pick<TaskSubmission, "type" | "model"> & { readonly demand: ResourceDemand },
  loadOf: (queue: string) => QueueLoad,
): string {
  const { classes } = task.demand;
  let best: { readonly queue: string; readonly ms: number } | undefined;
  for (const plan of queues) {
    if (!takes(plan, task)) continue;
    const ms = waitMs(loadOf(plan.queue)) + reluctanceMs(plan.class, classes);
    // Of equals the first in the file.
    if (best === undefined || ms < best.ms) best = { queue: plan.queue, ms };
  }
  return best?.queue ?? queueDefault;
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

/** Queues that nobody serves just now stand behind all others, the shortest first; shut ones behind these. */
function waitMs({ pending, running, slots, runMsMean, isShut }: QueueLoad): number {
  // Those that run are in the way when they leave no slot free.
  const before = pending + Math.max(0, running - slots + 1);
  const workMs = before * (runMsMean ?? runMsGuess);
  return (isShut ? 1e12 : 0) + (slots === 0 ? 1e9 + workMs : workMs / slots);
}

const reluctanceMs = (resourceClass: ResourceClass, classes: ResourceDemand["classes"]): number =>
  classes.indexOf(resourceClass) * stepMs + (resourceClass === "serverless" ? paidMs : 0);
