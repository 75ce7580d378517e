// Leases in memory: by task, by node, and by the times at which they and their attempts end.
import type { LeaseRecord } from "../records.ts";
import type { Due } from "../shelf.ts";
import { DueIndex } from "./due-index.ts";

const dueBy = (at: (lease: LeaseRecord) => number | null): DueIndex<LeaseRecord> =>
  new DueIndex({ at, tie: ({ fence }) => fence, id: ({ taskId }) => taskId });

export class LeaseTable {
  readonly #rows = new Map<string, LeaseRecord>();
  readonly #tasksOfNode = new Map<string, Set<string>>();
  readonly #byExpiry = dueBy(({ expiresAt }) => expiresAt);
  readonly #byAttempt = dueBy(({ attemptDeadlineAt }) => attemptDeadlineAt);

  get nextTimes(): readonly (number | null)[] {
    return [this.#byExpiry.nextAt, this.#byAttempt.nextAt];
  }

  get(taskId: string): LeaseRecord | undefined {
    return this.#rows.get(taskId);
  }

  /** In the order in which they were granted. */
  ofNode(node: string): readonly LeaseRecord[] {
    const taskIds = this.#tasksOfNode.get(node) ?? [];
    return this.#rowsOf(taskIds).sort((a, b) => a.fence - b.fence);
  }

  expired(due: Due): readonly LeaseRecord[] {
    return this.#rowsOf(this.#byExpiry.due(due));
  }

  overdueAttempts(due: Due): readonly LeaseRecord[] {
    return this.#rowsOf(this.#byAttempt.due(due));
  }

  replace(before: LeaseRecord | undefined, after: LeaseRecord | undefined): void {
    if (before) this.#forget(before);
    if (after) this.#keep(after);
    this.#byExpiry.replace(before, after);
    this.#byAttempt.replace(before, after);
  }

  #keep(lease: LeaseRecord): void {
    this.#rows.set(lease.taskId, lease);
    const taskIds = this.#tasksOfNode.get(lease.node) ?? new Set();
    this.#tasksOfNode.set(lease.node, taskIds.add(lease.taskId));
  }

  #forget({ taskId, node }: LeaseRecord): void {
    this.#rows.delete(taskId);
    const taskIds = this.#tasksOfNode.get(node);
    taskIds?.delete(taskId);
    if (taskIds?.size === 0) this.#tasksOfNode.delete(node);
  }

  #rowsOf(taskIds: Iterable<string>): LeaseRecord[] {
    return [...taskIds].flatMap((taskId) => this.#rows.get(taskId) ?? []);
  }
}
