// What a task asks of a machine, and the queues that are set up for such asks. A queue has one class of
// resources; a worker serves the queues of the classes that its machine has.
import type { MachineDemand } from "./machine-demand.ts";
import type { QueueSettings } from "./queue-view.ts";

export const resourceClasses = ["gpu", "cpu-heavy", "cpu-light", "plugin", "serverless"] as const;
export type ResourceClass = (typeof resourceClasses)[number];

export interface ResourceDemand {
  /** Classes that can run it, the best first; never empty. */
  readonly classes: readonly ResourceClass[];
  /** Of the picture that is worked on; null: no input is a picture of a known format. */
  readonly pixels: number | null;
  /** What it costs in a fair queue: megapixels, at least 1. */
  readonly cost: number;
  /** What it says that it demands of a machine, and what its pictures take beside. */
  readonly machine: MachineDemand;
}

/** Claims of a queue, over all workers: so many a second, and so many at once after a pause. */
export interface ClaimRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** The terms of a queue: which tasks are sent there, how fast they leave, and what its store keeps. */
export interface QueueTerms {
  readonly queue: string;
  /** null: of any type. */
  readonly types: readonly string[] | null;
  /** null: for any model. */
  readonly models: readonly string[] | null;
  /** Pictures up to so many pixels; null: of any size. */
  readonly pixelsMax: number | null;
  /** null: as fast as workers ask. */
  readonly rate: ClaimRate | null;
  /** Of each user's tasks. */
  readonly userRate: ClaimRate | null;
  /** What each of its tasks demands of a machine, beside what it demands itself. */
  readonly machine: MachineDemand;
  readonly settings: QueueSettings;
}

/** A queue that the topology sets up, with what a machine has to have for it. */
export interface QueuePlan extends QueueTerms {
  readonly class: ResourceClass;
}
