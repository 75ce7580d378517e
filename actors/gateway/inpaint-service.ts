// What the routes need from the cluster: the seam between HTTP and actors.
import type { MemberStatus } from "#protocols/cluster/membership-protocol.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import type { GroupView } from "#protocols/tasks/node-scaling.ts";
import type { QueueStatistics, SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { StateStatistics } from "#protocols/tasks/state-readings.ts";
import type { ReadStanding } from "#protocols/tasks/state-reads.ts";
import type { AckLevel, TaskFile, TaskOutcome, TaskView } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { Client } from "./queue-client.ts";

/** As a `Client` it says how long the repair may take. */
export interface InpaintOrder extends Client {
  readonly parameters: TaskParameters;
  /** Default: the one that repairs are sent to. */
  readonly model: string | undefined;
  /** The photograph and then the mask. */
  readonly inputs: readonly TaskFile[];
  /** Repeated orders with one key are one task. */
  readonly idempotencyKey: string | undefined;
  /** Whose task it is, if it is said. */
  readonly userId: string | undefined;
}

export interface Readiness {
  readonly isReady: boolean;
  /** One sentence for each thing that is missing. */
  readonly missing: readonly string[];
  /** The most that an acknowledgement says just now; null: nobody knows. */
  readonly ack: AckLevel | null;
}

export interface MemberView {
  readonly name: string;
  readonly incarnation: number;
  readonly status: MemberStatus;
  /** In words. */
  readonly why: string;
}

export interface ClusterStatus {
  readonly cluster: string;
  readonly uptimeMs: number;
  /** The model that repairs are sent to. */
  readonly model: string;
  /** Models that at least one worker offers, in alphabetical order. */
  readonly models: readonly string[];
  readonly nodes: readonly NodeView[];
  /** Of the cluster, as the gateway's node sees them. */
  readonly members: readonly MemberView[];
  /** Groups of nodes that are scaled by their load; none as well when it is not known, and `problems` says why. */
  readonly scaling: readonly GroupView[];
  /** `null`: the queue did not answer; `problems` says why. */
  readonly queue: QueueStatistics | null;
  /** `null`: there is no StateManager, or it did not answer. */
  readonly state: StateStatistics | null;
  /** From where single readings of the state come; `null`: there are none. */
  readonly stateReads: ReadStanding | null;
  readonly gateway: { readonly inFlight: number; readonly isDraining: boolean };
  readonly problems: readonly string[];
}

export interface InpaintService {
  /** The model that repairs are sent to. */
  readonly model: string;
  /**
   * Resolves when the task has ended, however it ended. Rejects with a `Failure` when it was not
   * accepted, or when its end is not known: `queue_full`, `unavailable`, `timeout`, `cancelled`.
   */
  inpaint(order: InpaintOrder): Promise<TaskOutcome>;
  /** Resolves as soon as the store has the task, with what that survives; nobody waits for its end. */
  submit(order: InpaintOrder): Promise<SubmitReceipt>;
  /** The task as it stands, or `null`. */
  task(taskId: string): Promise<TaskView | null>;
  /** The end of a task that `task` says has ended. */
  ending(taskId: string): Promise<TaskOutcome>;
  /** Models that at least one worker offers now. */
  models(): Promise<readonly string[]>;
  useModel(model: string): Promise<void>;
  readiness(): Promise<Readiness>;
  status(): Promise<ClusterStatus>;
}
