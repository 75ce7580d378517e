// What is done about a failed attempt, by the class of its failure: the one table that the store, the
// queue and the ErrorHandler decide by. A queue or a task may set the number of retries of a class that has any.
import type { RetryPolicy } from "./task.ts";
import type { FailureClass } from "./task-failure.ts";

export interface FailureStrategy {
  /** Retries that failures of this class may use up; null: as many as the task has. */
  readonly retriesMax: number | null;
  /**
   * Milliseconds, from when it may run again, for which the next attempt is left to other nodes that live and
   * can run it; 0: it is made anywhere.
   */
  readonly elsewhereMsMax: number;
  /** Whose fault it is: a node that fails too often in a row is put in quarantine. */
  readonly blames: "node" | "nobody";
  /** How a task ends that is not tried again. */
  readonly endsAs: "failed" | "cancelled" | "timed_out";
  /** Failures of one group, within ten minutes, from which operators are alerted; null: never. */
  readonly alertFrom: number | null;
}

/** What another node may do better; here is nearly as good. */
const soonMs = 3_000;
/** What only another node can do better: as long as a retry waits by default, and longer than most tasks run. */
const longMs = 300_000;

export const failureStrategies: Readonly<Record<FailureClass, FailureStrategy>> = {
  network: fault({ retriesMax: null, elsewhereMsMax: 0, alertFrom: 20 }),
  resource: fault({ retriesMax: null, elsewhereMsMax: soonMs, alertFrom: 10 }),
  model: fault({ retriesMax: 1, elsewhereMsMax: longMs, alertFrom: 5 }),
  validation: { retriesMax: 0, elsewhereMsMax: 0, ...nobodys("failed"), alertFrom: null },
  timeout: {
    ...fault({ retriesMax: null, elsewhereMsMax: 0, alertFrom: 10 }),
    endsAs: "timed_out",
  },
  node_lost: fault({ retriesMax: null, elsewhereMsMax: 0, alertFrom: 5 }),
  cancelled: { retriesMax: 0, elsewhereMsMax: 0, ...nobodys("cancelled"), alertFrom: null },
  internal: fault({ retriesMax: 1, elsewhereMsMax: soonMs, alertFrom: 1 }),
};

/** Of a task that has lost too many leases: it may be what ends its workers. */
export const poisonCode = "POISON";

function fault(
  terms: Pick<FailureStrategy, "retriesMax" | "elsewhereMsMax" | "alertFrom">,
): FailureStrategy {
  return { ...terms, blames: "node", endsAs: "failed" };
}

function nobodys(endsAs: FailureStrategy["endsAs"]) {
  return { blames: "nobody", endsAs } as const;
}

/** Whatever a policy says: the same would come of it, or somebody said no. */
export const isNeverRetried = (failureClass: FailureClass): boolean =>
  failureStrategies[failureClass].retriesMax === 0;

/** How many retries failures of a class may use up, as the policy or else the table says. */
export const retriesMaxOf = (failureClass: FailureClass, { classes }: RetryPolicy): number =>
  isNeverRetried(failureClass)
    ? 0
    : (classes?.[failureClass] ?? failureStrategies[failureClass].retriesMax ?? Infinity);
