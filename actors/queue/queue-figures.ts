// The queues as metrics show them: what waits and runs in each, what nobody can run, and how near the
// bounds of the QueueManager's memory are.
import { queueLimits } from "#protocols/queue-limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { QueueStatistics, UnrunnableKind } from "#protocols/tasks/queue.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { Figure, FigureSource } from "#runtime/observation/shown-figures.ts";
import type { RefusalFigures } from "./refusals.ts";
import type { UnrunnableSight } from "./unrunnable-kinds.ts";
import type { OthersFigures } from "./worker-kinds.ts";

/** What waits for room, and how often there was none to wait. */
export interface BlockedFigures {
  readonly count: number;
  readonly bytes: number;
  readonly refusedByCount: number;
  readonly refusedByBytes: number;
}

export interface PoolFigures {
  readonly others: OthersFigures;
  readonly workers: QueueStatistics["workers"];
}

export interface IntakeFigures {
  readonly blocked: BlockedFigures;
  readonly refusals: RefusalFigures;
}

export class QueueFigures {
  #queues: readonly QueueView[] = [];
  #unrunnable: readonly UnrunnableKind[] = [];
  /** How often there were more than are told. */
  #untold = 0;

  seen(queues: readonly QueueView[]): void {
    this.#queues = queues;
  }

  kindsSeen({ told: unrunnable, isMore }: UnrunnableSight): void {
    this.#unrunnable = unrunnable;
    if (isMore) this.#untold += 1;
  }

  /** As they were seen last: the store is asked once a second. */
  source({ blocked, refusals }: IntakeFigures, { others, workers }: PoolFigures): FigureSource {
    const queues = this.#queues;
    return {
      bounds: [
        {
          bound: "submissionsBlockedMax",
          max: queueLimits.submissionsBlockedMax,
          highest: blocked.count,
          reached: blocked.refusedByCount,
        },
        {
          bound: "submissionsBlockedBytesMax",
          max: queueLimits.submissionsBlockedBytesMax,
          highest: blocked.bytes,
          reached: blocked.refusedByBytes,
        },
        {
          bound: "refusalsKeptMax",
          max: queueLimits.refusalsKeptMax,
          highest: refusals.kept,
          reached: refusals.forgotten,
        },
        {
          bound: "unrunnableToldMax",
          max: queueLimits.unrunnableToldMax,
          highest: this.#unrunnable.length,
          reached: this.#untold,
        },
        {
          bound: "claimOthersMax",
          max: storeLimits.claimOthersMax,
          highest: others.named,
          reached: others.cut,
        },
      ],
      figures: [
        gauge("tasks_pending", "Tasks that wait, by queue.", queues, ({ pending }) => pending),
        gauge("tasks_running", "Tasks that run, by queue.", queues, ({ running }) => running),
        gauge(
          "tasks_waiting_confirmation",
          "Tasks that wait for people, by queue.",
          queues,
          ({ waitingConfirmation }) => waitingConfirmation,
        ),
        gauge(
          "pending_max",
          "Tasks that may wait for workers, and as many for people, by queue.",
          queues,
          (of) => of.pendingMax,
        ),
        counter("completed", "Tasks that were completed.", queues, (of) => of.completedTotal),
        counter("failed", "Tasks that failed.", queues, (of) => of.failedTotal),
        counter("cancelled", "Tasks that were cancelled.", queues, (of) => of.cancelledTotal),
        counter("timed_out", "Tasks that were too late.", queues, (of) => of.timedOutTotal),
        counter("evicted", "Tasks that gave way.", queues, (of) => of.evictedTotal),
        {
          ...{ name: "troupe_queue_submissions_refused_total", type: "counter" },
          help: "Submissions that were told that their queue is full, each once, by what was full.",
          samples: refusals.refused.map(({ queue, limit, count }) => ({
            labels: { queue, limit },
            value: count,
          })),
        },
        gauge(
          "unrunnable_kinds",
          "Kinds of work that wait and no worker can run, by queue.",
          queues,
          ({ queue }) => this.#unrunnable.filter((kind) => kind.queue === queue).length,
        ),
        ...workerFigures(workers),
      ],
    };
  }
}

const workerFigures = (workers: QueueStatistics["workers"]): FigureSource["figures"] => [
  {
    ...{ name: "troupe_worker_slots_overdue", type: "gauge" },
    help: "Slots that are kept by handlers which have not stopped in time, by node.",
    samples: workers.map(({ node, overdue }) => ({ labels: { node }, value: overdue })),
  },
  {
    ...{ name: "troupe_worker_reports_refused_total", type: "counter" },
    help: "Reports of progress that were beyond a bound, by node, since its worker began.",
    samples: workers.map(({ node, reportsRefused }) => ({
      labels: { node },
      value: reportsRefused,
    })),
  },
];

type CountOf = (queue: QueueView) => number;

const samplesOf = (queues: readonly QueueView[], countOf: CountOf) =>
  queues.map((view) => ({ labels: { queue: view.queue }, value: countOf(view) }));

const gauge = (
  name: string,
  help: string,
  queues: readonly QueueView[],
  countOf: CountOf,
): Figure => ({
  name: `troupe_queue_${name}`,
  type: "gauge",
  help,
  samples: samplesOf(queues, countOf),
});

const counter = (
  name: string,
  help: string,
  queues: readonly QueueView[],
  countOf: CountOf,
): Figure => ({
  name: `troupe_queue_${name}_total`,
  type: "counter",
  help,
  samples: samplesOf(queues, countOf),
});
