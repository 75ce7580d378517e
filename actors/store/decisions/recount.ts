import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { damagedRecords } from "../records/record-upkeep.ts";
import type { QueueRecord, TaskRecord } from "../records.ts";
import type { ListedTasks } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";
import { wholeOrDamage } from "../whole-or-damage.ts";
import { counterOf, isWaiting, queueGauges } from "./queue-counters.ts";
import { allQueues } from "./queue-settings.ts";

export function check(context: StoreContext): { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const counted = new Map<string, number>();
  const count = (queue: string, figure: string, by: number): void => {
    const name = `${figure} of queue "${queue}"`;
    counted.set(name, (counted.get(name) ?? 0) + by);
  };
  for (const task of allTasks(context)) {
    if (task instanceof Failure) {
      problems.push(task.detail);
      continue;
    }
    count(task.queue, counterOf[task.status], 1);
    if (isWaiting(task.status)) count(task.queue, "pendingBytes", task.payloadBytes);
    problems.push(...problemsOf(context, task), ...problemsOfAttempts(context, task));
  }
  for (const queue of allQueues(context)) problems.push(...miscounts(queue, counted));
  problems.push(...damagedRecords(context.records));
  return { problems };
}

function* allTasks({ shelf }: StoreContext): Generator<TaskRecord | Failure> {
  const limit = storeLimits.storePageMax;
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page: ListedTasks = shelf.list({ limit, cursor });
    yield* page.tasks;
    yield* page.damaged;
    cursor = page.next;
  }
}

/** A running task has a lease with its fence, and no other task has one; only what ended has an end. */
function problemsOf({ shelf }: StoreContext, task: TaskRecord): readonly string[] {
  const { taskId, status, fence, finishedAt } = task;
  const problems: string[] = [];
  const lease = shelf.lease(taskId);
  if (status === "running" && lease?.fence !== fence) {
    problems.push(`task ${taskId} runs without a lease that bears its fence ${fence}`);
  }
  if (status !== "running" && lease) {
    problems.push(`task ${taskId} is ${status}, but has lease ${lease.fence}`);
  }
  if (isEnded(status) !== (finishedAt !== null)) {
    problems.push(`task ${taskId} is ${status}, but its end is ${finishedAt}`);
  }
  return problems;
}

/** Only the newest attempt of a task may be under way, and it is while the task runs. */
function* problemsOfAttempts({ shelf }: StoreContext, task: TaskRecord): Generator<string> {
  const { taskId, status } = task;
  for (let number = 1; number <= task.attempt; number += 1) {
    const attempt = wholeOrDamage(() => shelf.attemptFacts(taskId, number));
    const name = `attempt ${number} of task ${taskId}`;
    if (attempt instanceof Failure) yield attempt.detail;
    else if (attempt === undefined) yield `${name} has no row`;
    else {
      const { finishedAt, outcome } = attempt;
      const isUnderWay = status === "running" && number === task.attempt;
      const isOpen = finishedAt === null && outcome === null;
      const isOver = finishedAt !== null && outcome !== null;
      if (isUnderWay ? isOpen : isOver) continue;
      const standing = `attempt ${task.attempt}, which is ${status}`;
      yield `${name} has ended ${outcome} at ${finishedAt}, but the task is at ${standing}`;
    }
  }
}

/** Ended tasks that were forgotten stay in the totals. */
function miscounts(queue: QueueRecord, counted: ReadonlyMap<string, number>): readonly string[] {
  return queueGauges.flatMap((figure) => {
    const name = `${figure} of queue "${queue.queue}"`;
    const found = counted.get(name) ?? 0;
    const isRight = totals.has(figure) ? queue[figure] >= found : queue[figure] === found;
    return isRight ? [] : [`${name} is said to be ${queue[figure]}, but is ${found}`];
  });
}

const totals: ReadonlySet<string> = new Set([
  counterOf.completed,
  counterOf.failed,
  counterOf.cancelled,
  counterOf.timed_out,
  counterOf.evicted,
]);
