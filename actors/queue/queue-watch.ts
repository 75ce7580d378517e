// Who hears how the queues stand: the monitor, for people and histories, and the figures, for metrics.
import type { Ref } from "#protocols/actor-ref.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import type { UnrunnableKind } from "#protocols/tasks/queue.ts";
import type { QueueMonitor } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { Context } from "#runtime/core/context.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { Runner } from "./decisions/lacks.ts";
import { type IntakeFigures, QueueFigures } from "./queue-figures.ts";
import { UnrunnableKinds } from "./unrunnable-kinds.ts";
import { type CompletedAttempt, WaitTally } from "./wait-tally.ts";
import type { WorkerPool } from "./worker-pool.ts";

export class QueueWatch {
  readonly #figures = new QueueFigures();
  readonly #unrunnable = new UnrunnableKinds();
  readonly #waits = new WaitTally();
  /** There is none before the queue has its store. */
  monitor: Ref<QueueMonitor> | undefined;

  completed(attempt: CompletedAttempt): void {
    this.#waits.note(attempt);
  }

  queuesSeen(queues: readonly QueueView[], ctx: Pick<Context<unknown>, "now" | "wall">): void {
    this.#figures.seen(queues);
    if (this.monitor === undefined) return;
    this.monitor.observe(queues);
    const points = this.#waits.points(ctx.now(), Math.floor(ctx.wall()));
    if (points.length > 0) this.monitor.record(points);
  }

  /** Answers the kinds of work that none of the workers can run. */
  kindsSeen(
    kinds: readonly WaitingKind[],
    workers: readonly Runner[],
    nowMs: number,
  ): readonly UnrunnableKind[] {
    const sight = this.#unrunnable.seen(kinds, workers, nowMs);
    this.#figures.kindsSeen(sight);
    this.monitor?.observeUnrunnable(sight.told);
    return sight.told;
  }

  source(intake: IntakeFigures, { kinds, loads }: WorkerPool): FigureSource {
    return this.#figures.source(intake, { others: kinds.figures, workers: loads });
  }
}
