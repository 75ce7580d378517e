// Puts what a store has committed among the facts of the history: the commit as a whole, and, so that
// they are counted, the kinds of what happened to tasks.
import type { StoreCommand } from "#actors/store/backend.ts";
import type { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { TaskRecord } from "#actors/store/records.ts";
import type { NodeSaved } from "#protocols/tasks/node-records.ts";
import type { NotFound } from "#protocols/tasks/record-fields.ts";
import type { HeartbeatAnswer, SubmitResult, SweepReport } from "#protocols/tasks/store.ts";
import {
  type LeaseRef,
  priorityDefault,
  queueDefault,
  type TaskSubmission,
} from "#protocols/tasks/task.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Commit, LastCommit, StoreTold } from "./logged-task-store.ts";
import { undoDocument } from "./operator-plan.ts";
import {
  type Kept,
  type KeptAttempt,
  type KeptEvent,
  type KeptQuestion,
  type KeptRefusal,
  type KeptTask,
  recordFact,
  recordSight,
} from "./task-facts.ts";

type Host = Pick<SimulatedHost, "record">;

type Shown = Pick<Kept, "at" | "heeded" | "isSwept" | "keys" | "renewed" | "refusals" | "holds">;

export class TaskExhibits implements StoreTold {
  readonly #host: Host;
  /** The newest event that was shown. */
  #shown = 0;
  /** Documents by their versions. */
  readonly #drafted = new Map<number, string>();

  constructor(host: Host) {
    this.#host = host;
  }

  committed({ nowMs, done }: Commit, answers: readonly unknown[], shelf: MemoryShelf): void {
    const told = done.map(({ command }, index) => toldBy(command, answers[index]));
    const keys = told.flatMap((each) => each.keys);
    const renewed = told.flatMap((each) => each.renewed);
    const heeded = done.flatMap(({ command }, index) => heededBy(command, answers[index]));
    if (told.some(({ purged }) => purged > 0)) recordSight(this.#host, "purged");
    this.#showConfigured(done, answers);
    const isSwept = done.some(({ command }) => command.method === "sweep");
    const refusals = told.flatMap((each) => each.refusals);
    const holds = holdsIn(done, answers);
    this.#show(shelf, { at: nowMs, heeded, isSwept, keys, renewed, refusals, holds });
  }

  reopened(tornCount: number, last: LastCommit | undefined, shelf: MemoryShelf): void {
    if (tornCount > 0) recordSight(this.#host, "torn commit");
    recordFact(this.#host, "reopened", { head: shelf.lastEventId() });
    this.#shown = last?.eventsBefore ?? 0;
    if (last === undefined) return;
    const { nowMs: at, done, answers } = last;
    const untold = { heeded: [], isSwept: false, keys: [], renewed: [], refusals: [] };
    this.#show(shelf, { at, ...untold, holds: holdsIn(done, answers) });
  }

  doubted(isKept: boolean): void {
    recordSight(this.#host, isKept ? "doubted commit kept" : "doubted commit lost");
  }

  #showConfigured(done: Commit["done"], answers: readonly unknown[]): void {
    for (const [index, { command }] of done.entries()) {
      const answer = known(answers[index]);
      if (command.method === "draftConfig") {
        this.#drafted.set(answer.version, command.args[0].document);
      }
      if (command.method !== "activateConfig" || answer.kind !== "activated") continue;
      const document = this.#drafted.get(command.args[0].version);
      // It is active also where there was no version before one that was taken back; and many undo the same.
      if (document !== undefined && document !== undoDocument) {
        recordFact(this.#host, "configured", { document });
      }
    }
  }

  #show(shelf: MemoryShelf, shown: Shown): void {
    const events = shelf.tail(this.#shown, Number.MAX_SAFE_INTEGER);
    this.#shown = events.at(-1)?.eventId ?? this.#shown;
    const own = events.flatMap(eventOf);
    const { at, heeded, holds, isSwept, keys, refusals, renewed } = shown;
    const news = [own, heeded, keys, renewed, refusals, holds];
    if (news.every(({ length }) => length === 0) && !isSwept) return;
    const taskIds = new Set(own.map(({ taskId }) => taskId));
    const tasks = [...taskIds].flatMap((taskId) => taskOf(shelf, taskId));
    const queues = [...new Set(tasks.map(({ queue }) => queue))];
    for (const { channel, type } of own) {
      if (channel.startsWith("task:")) recordSight(this.#host, `task ${type}`);
    }
    const counters = queues.flatMap((queue) => countersOf(shelf, queue));
    const attempts = tasks.flatMap((task) => endedAt(shelf, task, at));
    const questions = tasks.flatMap((task) => decidedAt(shelf, task, at));
    const found = { tasks, attempts, questions, events: own, queues: counters };
    recordFact(this.#host, "kept", { ...shown, ...found });
  }
}

interface Told extends Pick<Shown, "keys" | "renewed" | "refusals"> {
  readonly purged: number;
}

const nothing: Told = { keys: [], renewed: [], refusals: [], purged: 0 };

function toldBy(command: StoreCommand, answer: unknown): Told {
  switch (command.method) {
    case "submit": {
      const [submission] = command.args;
      const { idempotencyKey: key } = submission;
      const result: SubmitResult = known(answer);
      const refusals = result.kind === "full" ? [refusalOf(submission, result.limit)] : [];
      const isMade = result.kind === "created" && key !== undefined;
      return { ...nothing, refusals, keys: isMade ? [[key, result.taskId]] : [] };
    }
    case "heartbeat": {
      const { lost }: HeartbeatAnswer = known(answer);
      const isLost = new Set(lost.map(({ fence }) => fence));
      const renewed = command.args[0].leases.filter(({ fence }) => !isLost.has(fence));
      return { ...nothing, renewed: renewed.map(({ taskId, fence }) => [taskId, fence]) };
    }
    case "sweep": {
      const { purged }: SweepReport = known(answer);
      return { ...nothing, purged };
    }
    default:
      return nothing;
  }
}

function heededBy(command: StoreCommand, answer: unknown): Kept["heeded"] {
  const lease = reportedLease(command);
  if (lease === undefined || known(answer).kind === "lost") return [];
  return [[lease.taskId, lease.fence]];
}

function reportedLease(command: StoreCommand): LeaseRef | undefined {
  switch (command.method) {
    case "complete":
    case "fail":
    case "progress":
    case "confirmRequest":
      return command.args[0].lease;
    case "release":
      return command.args[0];
    default:
      return undefined;
  }
}

const refusalOf = (submission: TaskSubmission, limit: string): KeptRefusal => ({
  queue: submission.queue ?? submission.routedTo ?? queueDefault,
  userId: submission.userId ?? null,
  priority: submission.priority ?? priorityDefault,
  limit,
});

/** A drain ends with its node's life, so that it holds nobody for sure. */
const holdsIn = (done: Commit["done"], answers: readonly unknown[]): Kept["holds"] =>
  done.flatMap(({ command }, index) => {
    if (command.method !== "holdNode") return [];
    const answer: NodeSaved | NotFound = known(answers[index]);
    if (answer.kind !== "saved") return [];
    const { node, version, hold } = answer.node;
    return [{ node, version, pausedBy: hold?.kind === "paused" ? hold.reason : null }];
  });

// biome-ignore lint/suspicious/noExplicitAny: the command's method decides the type of its answer.
const known = (answer: unknown): any => answer;

function eventOf({ eventId, channel, seq, type, taskId, payload }: StoreEvent): KeptEvent[] {
  if (taskId === null) return [];
  const told = { status: String(payload.status), attempt: Number(payload.attempt) };
  const where = { node: textOf(payload.node), note: textOf(payload.note) };
  return [{ eventId, channel, seq, type, taskId, ...told, ...where }];
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const taskOf = (shelf: MemoryShelf, taskId: string): KeptTask[] => {
  const task = shelf.task(taskId);
  return task ? [keptOf(task, shelf.lease(taskId)?.fence ?? 0)] : [];
};

const keptOf = (task: TaskRecord, leaseFence: number): KeptTask => ({
  taskId: task.taskId,
  queue: task.queue,
  userId: task.userId,
  status: task.status,
  version: task.version,
  attempt: task.attempt,
  fence: task.fence,
  leaseFence,
  retryCount: task.retryCount,
  maxRetries: task.maxRetries,
  lostLeases: task.lostLeases,
  runAt: task.runAt,
  deadlineAt: task.deadlineAt,
  queueDeadlineAt: task.queueDeadlineAt,
  isCancelRequested: task.cancelRequestedAt !== null,
  parentId: task.parentId,
  priority: task.priority,
  submittedAt: task.submittedAt,
  rank: task.rank,
  needs: task.needs,
  isEvictable: task.isEvictable,
  errorClass: task.errorClass,
  name: task.name,
});

/** One commit ends two attempts of a task at most: one, and another that it has begun. */
function endedAt(
  shelf: MemoryShelf,
  { taskId, attempt: newest }: KeptTask,
  at: number,
): KeptAttempt[] {
  return [newest - 1, newest].flatMap((number) => {
    const row = number < 1 ? undefined : shelf.attempt(taskId, number);
    if (row?.finishedAt !== at) return [];
    const { attempt, node, outcome, errorClass, errorCode, nextRunAt } = row;
    return [{ taskId, attempt, node, outcome, errorClass, errorCode, nextRunAt }];
  });
}

const decidedAt = (shelf: MemoryShelf, { taskId }: KeptTask, at: number): KeptQuestion[] =>
  shelf
    .confirmationsOf(taskId)
    .flatMap(({ decision, decidedAt: whenAt, expiresAt }) =>
      decision === null || whenAt !== at ? [] : [{ taskId, decision, expiresAt }],
    );

function countersOf(shelf: MemoryShelf, queue: string) {
  const record = shelf.queue(queue);
  if (!record) return [];
  const counters = {
    scheduled: record.scheduled,
    pending: record.pending,
    running: record.running,
    waiting_confirmation: record.waitingConfirmation,
    completed: record.completedTotal,
    failed: record.failedTotal,
    cancelled: record.cancelledTotal,
    timed_out: record.timedOutTotal,
    evicted: record.evictedTotal,
  };
  return [[queue, counters] as const];
}
