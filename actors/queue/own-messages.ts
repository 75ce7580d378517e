// What the QueueManager sends itself, from timers and pipes.
import type { Ref } from "#protocols/actor-ref.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { WorkerHeartbeat, WorkerOffer } from "#protocols/tasks/queue.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { SkillTies } from "#protocols/tasks/skill-sight.ts";
import type { LossReport, SweepReport } from "#protocols/tasks/store.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";
import type { Claimed, Recalled } from "./claim.ts";
import type { Ending } from "./worker-pool.ts";

/** The store has taken it or refused it. */
export interface Finished extends Ending {
  /** Of an attempt that was committed; undefined when the task goes on, or ended otherwise. */
  readonly outcome: TaskOutcome | undefined;
}

export interface Own {
  connect(): void;
  connected(store: Ref<Store>): void;
  notConnected(failure: FailureData): void;
  offered(offer: WorkerOffer): void;
  /** Leases that a worker holds and the queue did not know of. */
  extended(beat: WorkerHeartbeat): void;
  /** Something may be pending that was not before. */
  arrived(): void;
  claimed(claim: Claimed): void;
  /** What a worker was granted and not handed is back in its place; or the store could not be asked. */
  recalled(recall: Recalled): void;
  /** What waits, as kinds of work. */
  kindsSeen(kinds: readonly WaitingKind[]): void;
  /** The register of skills as it stands. */
  skillsSeen(register: readonly SkillTies[]): void;
  /** The store is being told of the end. */
  ending(end: Ending): void;
  /** The store could not be told of the end. */
  notEnded(end: Ending): void;
  finished(end: Finished): void;
  /** The queues as they stand. */
  seen(queues: readonly QueueView[]): void;
  /** Queues that hand out at a limited rate may hand out again. */
  released(): void;
  sweep(): void;
  swept(report: SweepReport): void;
  /** Leases have ended without their workers. */
  freed(report: LossReport): void;
  /** The node's worker lives, and what it held before is settled. */
  heard(node: string): void;
  troubled(failure: FailureData): void;
}
