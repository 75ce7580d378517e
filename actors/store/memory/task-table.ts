// Tasks in memory, with every index that decisions find them by.
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { ReadyLanes, type WorkKind } from "../ready-lanes.ts";
import type { TaskRecord } from "../records.ts";
import type { ReadyEntry } from "../shelf.ts";
import { SortedList } from "../sorted-list.ts";
import { DueIndex } from "./due-index.ts";

type Ready = SortedList<ReadyEntry>;

interface QueueLines {
  readonly lanes: ReadyLanes;
  /** By needs. */
  readonly lines: Map<string, Ready>;
}

const newReady = (): Ready => new SortedList((a, b) => a.rank - b.rank || a.seq - b.seq);

const dueBy = (at: (task: TaskRecord) => number | null): DueIndex<TaskRecord> =>
  new DueIndex({ at, tie: ({ seq }) => seq, id: ({ taskId }) => taskId });

const isWaiting = ({ status }: TaskRecord): boolean =>
  status === "pending" || status === "scheduled";

export class TaskTable {
  readonly due = dueBy(({ status, runAt }) => (status === "scheduled" ? runAt : null));
  readonly overdueInQueue = dueBy((task) => (isWaiting(task) ? task.queueDeadlineAt : null));
  readonly overdue = dueBy(({ status, deadlineAt }) => (isEnded(status) ? null : deadlineAt));
  readonly expired = dueBy(({ resultExpiresAt }) => resultExpiresAt);

  readonly #rows = new Map<string, TaskRecord>();
  readonly #arrivals = new SortedList<Pick<TaskRecord, "seq" | "taskId">>((a, b) => a.seq - b.seq);
  /** By queue: its lanes, and what waits in each. */
  readonly #ready = new Map<string, QueueLines>();
  readonly #evictable = new Map<string, Ready>();
  readonly #children = new Map<string, Set<string>>();
  readonly #waitingOfUser = new Map<string, number>();

  get(taskId: string): TaskRecord | undefined {
    return this.#rows.get(taskId);
  }

  readyKinds(queue: string): readonly WorkKind[] {
    return this.#ready.get(queue)?.lanes.kinds ?? [];
  }

  readyLanes(queue: string, kind: string, max: number): readonly string[] {
    return this.#ready.get(queue)?.lanes.first(kind, max) ?? [];
  }

  ready(queue: string, needs: string, max: number): readonly ReadyEntry[] {
    return this.#ready.get(queue)?.lines.get(needs)?.take(max) ?? [];
  }

  worstEvictable(queue: string): ReadyEntry | undefined {
    return this.#evictable.get(queue)?.last;
  }

  waitingOfUser(queue: string, userId: string | null): number {
    return this.#waitingOfUser.get(userIn(queue, userId)) ?? 0;
  }

  childrenOf(taskId: string): readonly string[] {
    return [...(this.#children.get(taskId) ?? [])];
  }

  list({ status, queue, node, userId, parentId, limit, cursor = 0 }: TaskQuery): TaskRecord[] {
    const found: TaskRecord[] = [];
    for (const { taskId } of this.#arrivals.from(({ seq }) => seq <= cursor)) {
      if (found.length >= limit) break;
      const task = this.#rows.get(taskId);
      if (
        task &&
        (status === undefined || task.status === status) &&
        (queue === undefined || task.queue === queue) &&
        (node === undefined || task.assignedNode === node) &&
        (userId === undefined || task.userId === userId) &&
        (parentId === undefined || task.parentId === parentId)
      ) {
        found.push(task);
      }
    }
    return found;
  }

  replace(before: TaskRecord | undefined, after: TaskRecord | undefined): void {
    const task = after ?? before;
    if (!task) return;
    if (after) this.#rows.set(after.taskId, after);
    else this.#rows.delete(task.taskId);
    if (!before) this.#arrivals.add(task);
    if (!after) this.#arrivals.remove(task);
    if (!before || !after) this.#link(task);
    for (const index of [this.due, this.overdueInQueue, this.overdue, this.expired]) {
      index.replace(before, after);
    }
    this.#countWaiting(task, before, after);
    if (before?.status === "pending" || after?.status === "pending") {
      this.#line(before, after);
      this.#offer(task);
    }
  }

  /** Notes that the task came or went with its parent, who can give way as long as it has no child. */
  #link({ taskId, parentId }: TaskRecord): void {
    if (parentId === null) return;
    const children = this.#children.get(parentId) ?? new Set();
    if (this.#rows.has(taskId)) children.add(taskId);
    else children.delete(taskId);
    if (children.size > 0) this.#children.set(parentId, children);
    else this.#children.delete(parentId);
    const parent = this.#rows.get(parentId);
    if (parent) this.#offer(parent);
  }

  #countWaiting(
    { queue, userId }: TaskRecord,
    before: TaskRecord | undefined,
    after: TaskRecord | undefined,
  ): void {
    const more = Number(after !== undefined && isWaiting(after));
    const less = Number(before !== undefined && isWaiting(before));
    if (more === less) return;
    const name = userIn(queue, userId);
    const waiting = (this.#waitingOfUser.get(name) ?? 0) + more - less;
    if (waiting === 0) this.#waitingOfUser.delete(name);
    else this.#waitingOfUser.set(name, waiting);
  }

  #line(before: TaskRecord | undefined, after: TaskRecord | undefined): void {
    if (before?.status === "pending") {
      const { queue, needs } = before;
      const { lanes, lines } = this.#linesOf(queue);
      const line = lines.get(needs);
      line?.remove(before);
      lanes.headed(needs, line?.first);
      if (line?.size === 0) lines.delete(needs);
      if (lines.size === 0) this.#ready.delete(queue);
    }
    if (after?.status === "pending") {
      const { queue, needs } = after;
      const { lanes, lines } = this.#linesOf(queue);
      const line = lines.get(needs) ?? newReady();
      lines.set(needs, line);
      line.add(after);
      lanes.headed(needs, line.first);
    }
  }

  #linesOf(queue: string): QueueLines {
    const known = this.#ready.get(queue);
    if (known) return known;
    const made = { lanes: new ReadyLanes(), lines: new Map<string, Ready>() };
    this.#ready.set(queue, made);
    return made;
  }

  /** Whether it may give way now: pending, never claimed, evictable, and nobody's parent. */
  #offer({ taskId, queue, rank, seq }: TaskRecord): void {
    const task = this.#rows.get(taskId);
    const mayGo =
      task?.status === "pending" &&
      task.attempt === 0 &&
      task.isEvictable &&
      !this.#children.has(taskId);
    const line = this.#evictable.get(queue) ?? newReady();
    if (mayGo) line.add(task);
    else line.remove({ taskId, rank, seq });
    if (line.size > 0) this.#evictable.set(queue, line);
    else this.#evictable.delete(queue);
  }
}

const userIn = (queue: string, userId: string | null): string => JSON.stringify([queue, userId]);
