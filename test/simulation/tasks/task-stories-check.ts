// The register of what holds for tasks at any time, judged commit by commit: each task's story is one that
// its states allow, with one event for each step and channel; fences grow; leases, attempts, losses and
// counters are as the story says; what has ended stays as it ended.
import { stepsQueue } from "#protocols/tasks/steps.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { isEnded, type TaskStatus, taskMoves, taskStatuses } from "#protocols/tasks/task-states.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import type { HistoryEvent } from "#runtime/testkit/simulation/history.ts";
import { type Kept, type KeptEvent, type KeptTask, readFact } from "./task-facts.ts";
import { lostLeasesMax } from "./task-rules.ts";

interface Story {
  readonly queue: string;
  status: TaskStatus;
  steps: number;
  starts: number;
  retries: number;
  /** Events that make another start right: what was lost, given back, or answered. */
  again: number;
  lost: number;
  fence: number;
  isCancelRequested: boolean;
}

export const taskStories: Check = () => {
  const stories = new TaskStories();
  return {
    name: "task stories",
    saw(event: HistoryEvent) {
      if (event.kind !== "fact") return;
      const problem =
        event.name === "kept"
          ? stories.kept(readFact("kept", event.about))
          : event.name === "reopened"
            ? stories.reopened(readFact("reopened", event.about).head)
            : undefined;
      if (problem !== undefined) throw broken(problem, [event.id]);
    },
    settled() {
      const problem = stories.unfinished();
      if (problem !== undefined) throw broken(problem, []);
    },
  };
};

/** What stays in a state, beside what leads to one. */
const marks: ReadonlySet<string> = new Set([
  "cancel_requested",
  "confirmation_requested",
  "confirmed",
]);

/** Of what was to be cancelled: a result that came first counts, and so does the end of its time. */
const endsCancelled: ReadonlySet<TaskStatus> = new Set(["cancelled", "completed", "timed_out"]);

class TaskStories {
  readonly #stories = new Map<string, Story>();
  readonly #heads = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  /** Those that live and have deadlines. */
  readonly #timed = new Map<string, KeptTask>();
  #newestEvent = 0;
  #newestFence = 0;
  /** Of the store's clock, which never goes back: not when it begins anew, either. */
  #latestAt = 0;

  /** What is wrong; undefined when nothing is. */
  kept({ at, isSwept, events, tasks, queues }: Kept): string | undefined {
    if (at < this.#latestAt) return `the store's clock went back by ${this.#latestAt - at} ms`;
    this.#latestAt = at;
    const news = events.filter(({ eventId }) => eventId > this.#newestEvent);
    const queueOf = new Map(tasks.map(({ taskId, queue }) => [taskId, queue]));
    const problems = [
      ...news.map((event) => this.#step(event, queueOf.get(event.taskId) ?? "")),
      ...tasks.map((task) => untold(task, news)),
      ...tasks.map((task) => this.#fits(task, at)),
      this.#fencesRise(tasks),
      ...queues.map(([queue, counters]) => this.#recount(queue, counters)),
      isSwept ? this.#overdue(at) : undefined,
    ];
    return problems.find((problem) => problem !== undefined);
  }

  reopened(head: number): string | undefined {
    return head >= this.#newestEvent
      ? undefined
      : `the store begins anew after event ${head}, and ${this.#newestEvent} was kept`;
  }

  unfinished(): string | undefined {
    for (const [taskId, { status }] of this.#stories) {
      if (!isEnded(status)) return `${taskId} is still ${status}, long after all is well`;
    }
    return undefined;
  }

  #step({ eventId, channel, seq, type, taskId, status }: KeptEvent, queue: string) {
    if (eventId <= this.#newestEvent) return `event ${eventId} comes after ${this.#newestEvent}`;
    this.#newestEvent = eventId;
    const head = this.#heads.get(channel) ?? 0;
    this.#heads.set(channel, seq);
    if (seq !== head + 1) return `${channel} goes on from ${head} with ${seq}`;
    if (channel !== channelOf.task(taskId)) return undefined;
    const next = taskStatuses.find((known) => known === status);
    if (next === undefined) return `${taskId} is said to be ${status}`;
    const story = this.#stories.get(taskId);
    if (!story) return this.#begin({ taskId, queue, type, next });
    return this.#move(taskId, story, type, next);
  }

  #begin(terms: {
    readonly taskId: string;
    readonly queue: string;
    readonly type: string;
    readonly next: TaskStatus;
  }): string | undefined {
    const { taskId, queue, type, next } = terms;
    if (type !== "submitted") return `${taskId} begins with ${type}`;
    this.#stories.set(taskId, {
      ...{ queue, status: next, steps: 1, starts: 0, retries: 0, again: 0, lost: 0, fence: 0 },
      isCancelRequested: false,
    });
    this.#count(queue, next, 1);
    return undefined;
  }

  #move(taskId: string, story: Story, type: string, next: TaskStatus): string | undefined {
    const { status } = story;
    const isMark = next === status && marks.has(type) && !isEnded(status);
    if (!isMark && !taskMoves[status].includes(next)) {
      return `${taskId} was ${status}, and is ${next} after ${type}`;
    }
    if (next === "running" && !isMark) {
      story.starts += 1;
      if (story.isCancelRequested) return `${taskId} is started, and was to be cancelled`;
    }
    if (story.isCancelRequested && !isMark && !endsCancelled.has(next)) {
      return `${taskId} was to be cancelled, and is ${next} after ${type}`;
    }
    if (type === "cancel_requested") story.isCancelRequested = true;
    if (type === "retried") story.retries += 1;
    if (type === "lease_lost") story.lost += 1;
    if (type === "released" || (type === "confirmed" && !isMark)) story.again += 1;
    this.#count(story.queue, status, -1);
    this.#count(story.queue, next, 1);
    story.status = next;
    story.steps += 1;
    const allowed = 1 + story.retries + story.lost + story.again;
    return story.starts > allowed
      ? `${taskId} was started ${story.starts} times, for ${allowed} reasons`
      : undefined;
  }

  /** The task as it stands against what was told of it. */
  #fits(task: KeptTask, at: number): string | undefined {
    const { taskId, status, version, fence, leaseFence, attempt, retryCount, lostLeases } = task;
    const story = this.#stories.get(taskId);
    if (!story) return `${taskId} is there, and nothing was told of it`;
    this.#timed.delete(taskId);
    const isTimed = task.deadlineAt !== null || task.queueDeadlineAt !== null;
    if (isTimed && !isEnded(status)) this.#timed.set(taskId, task);
    if (status === "running") this.#begunBy(task);
    const lostMax = lostLeasesMax + (isEnded(status) ? 1 : 0);
    const held = status === "running" ? fence : 0;
    if (story.status !== status)
      return `${taskId} is ${status}, and was told to be ${story.status}`;
    if (story.steps !== version) return `${taskId} has ${version} steps, ${story.steps} were told`;
    if (leaseFence !== held) return `${taskId} is ${status} by ${fence}, its lease ${leaseFence}`;
    if (attempt !== story.starts) return `${taskId}: attempt ${attempt}, ${story.starts} starts`;
    if (retryCount !== story.retries) return `${taskId}: ${retryCount}, ${story.retries} retries`;
    if (retryCount > task.maxRetries) return `${taskId} has ${retryCount} retries`;
    if (lostLeases > lostMax) return `${taskId} has lost ${lostLeases} leases, and is ${status}`;
    const isInTime = task.deadlineAt === null || task.deadlineAt > at;
    if (status === "timed_out" && story.isCancelRequested && isInTime)
      return `${taskId} was to be cancelled, and is timed_out before its deadline`;
    if (status !== "running" || task.fence === story.fence) return undefined;
    return startProblem(task, at);
  }

  /** A task of steps has begun with the first of them, of which its own events tell nothing. */
  #begunBy({ parentId }: KeptTask): void {
    const parent = parentId === null ? undefined : this.#timed.get(parentId);
    if (parent?.queue !== stepsQueue) return;
    this.#timed.set(parent.taskId, { ...parent, queueDeadlineAt: null });
  }

  /** Each lease has a greater fence than all before it. */
  #fencesRise(tasks: readonly KeptTask[]): string | undefined {
    const before = this.#newestFence;
    const given = new Set<number>();
    for (const { taskId, fence } of tasks) {
      const story = this.#stories.get(taskId);
      if (!story || fence === story.fence) continue;
      if (fence <= before || given.has(fence))
        return `${taskId} has fence ${fence} after ${before}`;
      given.add(fence);
      story.fence = fence;
      this.#newestFence = Math.max(this.#newestFence, fence);
    }
    return undefined;
  }

  /** What time demands was done: nobody who lives is past its deadline. */
  #overdue(at: number): string | undefined {
    for (const { taskId, status, deadlineAt, queueDeadlineAt } of this.#timed.values()) {
      const untilAt = Math.min(deadlineAt ?? Infinity, queueDeadlineAt ?? Infinity);
      if (untilAt <= at) return `${taskId} is ${status}, ${at - untilAt} ms after its deadline`;
    }
    return undefined;
  }

  #recount(queue: string, counters: Kept["queues"][number][1]): string | undefined {
    const wrong = taskStatuses.find((status) => counters[status] !== this.#counted(queue, status));
    return wrong === undefined
      ? undefined
      : `${queue} counts ${counters[wrong]} ${wrong}, and has ${this.#counted(queue, wrong)}`;
  }

  #counted(queue: string, status: TaskStatus): number {
    return this.#counts.get(`${queue} ${status}`) ?? 0;
  }

  #count(queue: string, status: TaskStatus, by: number): void {
    this.#counts.set(`${queue} ${status}`, this.#counted(queue, status) + by);
  }
}

/** It has just been started. */
function startProblem({ taskId, deadlineAt, runAt }: KeptTask, at: number): string | undefined {
  if (deadlineAt !== null && deadlineAt <= at) return `${taskId} is started after its deadline`;
  return runAt > at ? `${taskId} is started ${runAt - at} ms too early` : undefined;
}

/** Whoever follows the queue or the user hears the same of the task. */
function untold({ taskId, queue, userId }: KeptTask, news: readonly KeptEvent[]) {
  const told = (channel: string): string =>
    news
      .filter((event) => event.taskId === taskId && event.channel === channel)
      .map(({ type }) => type)
      .join();
  const own = told(channelOf.task(taskId));
  const others = [channelOf.queue(queue), ...(userId === null ? [] : [channelOf.user(userId)])];
  const deaf = others.find((channel) => told(channel) !== own);
  return deaf === undefined ? undefined : `${taskId}: ${own || "nothing"}; ${deaf} hears otherwise`;
}
