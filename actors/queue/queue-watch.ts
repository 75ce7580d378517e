// Who hears how the queues stand: the monitor, for people and histories, and the figures, for metrics.
import type { Ref } from "#protocols/actor-ref.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import type { UnrunnableKind } from "#protocols/tasks/queue.ts";
import type { QueueMonitor } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { Runner } from "./decisions/lacks.ts";
import { type IntakeFigures, QueueFigures } from "./queue-figures.ts";
import { UnrunnableKinds } from "./unrunnable-kinds.ts";

export class QueueWatch {
  readonly #figures = new QueueFigures();
  readonly #unrunnable = new UnrunnableKinds();
  /** There is none before the queue has its store. */
  monitor: Ref<QueueMonitor> | undefined;

  queuesSeen(queues: readonly QueueView[]): void {
    this.#figures.seen(queues);
    this.monitor?.observe(queues);
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

  source(intake: IntakeFigures): FigureSource {
    return this.#figures.source(intake);
  }
}
