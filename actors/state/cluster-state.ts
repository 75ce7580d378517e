// The state behind the calls that programs of the source project know, spelt as there: a thin layer over
// the StateManager, whose rules it keeps. A task comes and goes by the queue; a record is changed by the
// version that was read, and tried again when somebody else was faster.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { NodeIntroduction } from "#protocols/tasks/node-records.ts";
import type { State, TaskRemoval } from "#protocols/tasks/state.ts";
import type {
  RefreshReport,
  SnapshotPage,
  StateSnapshot,
  SyncReport,
} from "#protocols/tasks/state-readings.ts";
import type { StoreCounts } from "#protocols/tasks/store.ts";
import type { TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import type { TaskChange, WholeTask } from "#protocols/tasks/task-records.ts";
import { type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";

/** Tasks that one list holds. More: it fails with `too_large`. */
const listedMax = 100_000;
const pageTasks = 500;
/** Versions that are lost to others before an update is given up with `conflict`. */
const triesMax = 8;

export class ClusterState {
  readonly #state: Ref<State>;

  constructor(state: Ref<State>) {
    this.#state = state;
  }

  /** Fails with `conflict` for an older life of the node, `directory_full` when there are too many. */
  async add_node(node: NodeIntroduction): Promise<NodeRecord> {
    const added = await this.#state.addNode(node);
    switch (added.kind) {
      case "saved":
        return added.node;
      case "superseded":
        throw new Failure(
          "conflict",
          `${node.node} lives in incarnation ${added.incarnation} already`,
        );
      case "full":
        throw new Failure("directory_full", `${added.limit} nodes are known; remove one first`);
      default:
        return added satisfies never;
    }
  }

  /** False: it is not known. Fails with `conflict` while it is heard. */
  async remove_node(node_id: string): Promise<boolean> {
    const removed = await this.#state.removeNode(node_id);
    if (removed.kind !== "alive") return removed.kind === "removed";
    throw new Failure("conflict", `${node_id} is ${removed.status}; stop it first`);
  }

  async get_node(node_id: string): Promise<NodeRecord | null> {
    return (await this.#state.node({ node: node_id })).value;
  }

  async get_online_nodes(): Promise<readonly NodeRecord[]> {
    return (await this.#state.onlineNodes({})).value;
  }

  async find_nodes_by_skill(skill: string): Promise<readonly NodeRecord[]> {
    return (await this.#state.nodes({ skill })).value;
  }

  /** The id that the task was given. Fails with `queue_full` when its queue is at its limit. */
  async add_task(task: TaskSubmission): Promise<string> {
    return (await this.#state.addTask(task)).taskId;
  }

  /** As `State.removeTask`. */
  async remove_task(task_id: string): Promise<TaskRemoval["kind"]> {
    return (await this.#state.removeTask({ taskId: task_id, reason: "removed" })).kind;
  }

  async get_task(task_id: string): Promise<TaskView | null> {
    return (await this.#state.task({ taskId: task_id })).value;
  }

  /** In the order of their arrival. */
  async get_tasks_by_status(status: TaskStatus): Promise<readonly TaskView[]> {
    const tasks: TaskView[] = [];
    let cursor: number | null = 0;
    while (cursor !== null) {
      const page = await this.#state.listTasks({ status, cursor, limit: pageTasks });
      tasks.push(...page.tasks);
      cursor = page.next;
      if (tasks.length <= listedMax) continue;
      throw new Failure(
        "too_large",
        `more than ${listedMax} tasks are ${status}; list them in pages`,
      );
    }
    return tasks;
  }

  /** The task as it then is; null for an unknown one. What is described anew stays when others change it. */
  async update_task(task_id: string, changes: TaskChange["changes"]): Promise<WholeTask | null> {
    let version = (await this.#state.task({ taskId: task_id })).version;
    for (let tries = 0; tries < triesMax && version !== null; tries += 1) {
      const answer = await this.#state.updateTask({ taskId: task_id, version, changes });
      if (answer.kind === "saved") return answer.task;
      version = answer.kind === "stale" ? answer.version : null;
    }
    if (version === null) return null;
    throw new Failure("conflict", `task ${task_id} changed ${triesMax} times meanwhile; try again`);
  }

  async get_task_stats(): Promise<
    Readonly<Record<TaskStatus, number>> & { readonly total: number }
  > {
    const counts: StoreCounts = (await this.#state.counts({})).value;
    const { pendingBytes: _, ...byStatus } = counts;
    const total = taskStatuses.reduce((sum, status) => sum + counts[status], 0);
    return { ...byStatus, total };
  }

  sync_to_database(): Promise<SyncReport> {
    return this.#state.sync();
  }

  refresh_from_database(): Promise<RefreshReport> {
    return this.#state.refresh();
  }

  /** With all of its pages. Fails with `conflict` when each try was displaced by later snapshots. */
  async get_state(): Promise<StateSnapshot> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const whole = await this.#wholeState();
      if (whole) return whole;
    }
    const text = `${triesMax} snapshots were displaced before they were read; try again when fewer take them`;
    throw new Failure("conflict", text);
  }

  /** Undefined when it was not held until its last page. */
  async #wholeState(): Promise<StateSnapshot | undefined> {
    const first = await this.#state.snapshot();
    const tasks = [...first.tasks];
    let { next } = first;
    while (next !== null) {
      const page = await this.#pageOrNone({ snapshotId: first.snapshotId, from: next });
      if (!page) return undefined;
      tasks.push(...page.tasks);
      next = page.next;
    }
    return { ...first, tasks, next };
  }

  async #pageOrNone(
    request: Parameters<State["snapshotPage"]>[0],
  ): Promise<SnapshotPage | undefined> {
    try {
      return await this.#state.snapshotPage(request);
    } catch (error) {
      if (Failure.of(error).code === "not_found") return undefined;
      throw error;
    }
  }
}
