// Why none of the workers can run a kind of work: what the one lacks that is nearest to it. Pure.
import { lacksOf, type RunnerGifts } from "#protocols/tasks/capability-match.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";

/** A worker, as far as that matters. */
export interface Runner {
  readonly node: string;
  readonly queues: readonly string[];
  readonly gifts: RunnerGifts;
}

export type WantedKind = Omit<WaitingKind, "taskId">;

/** One sentence for each thing that is missing; empty: somebody can run it. */
export function unmetOf(wanted: WantedKind, workers: readonly Runner[]): readonly string[] {
  const serving = workers.filter(({ queues }) => queues.includes(wanted.queue));
  if (serving.length === 0) return [`no worker serves the queue ${wanted.queue}`];
  let least: readonly string[] | undefined;
  for (const { node, gifts } of serving) {
    const lacks = lacksOf(wanted, gifts).map((what) => `${node}: ${what}`);
    if (lacks.length === 0) return [];
    if (least === undefined || lacks.length < least.length) least = lacks;
  }
  return least ?? [];
}
