// What is changed through the StateManager. Tasks come and go by the queue's rules; how they are described
// and what is known of nodes is compared and set on its version by the store.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeIntroduction, NodeRegistered } from "#protocols/tasks/node-records.ts";
import type { Queue, SubmitReceipt } from "#protocols/tasks/queue.ts";
import { systemChannel, systemNotification } from "#protocols/tasks/queue-monitor.ts";
import type {
  ItemResult,
  NodeRemoval,
  State,
  TaskChanged,
  TaskRemoval,
  VersionedNodeChange,
} from "#protocols/tasks/state.ts";
import {
  type Announcement,
  channelKindOf,
  personalNotification,
} from "#protocols/tasks/state-notices.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { TaskChange } from "#protocols/tasks/task-records.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { failedItem } from "./failed-item.ts";
import type { StoreAccess } from "./store-access.ts";
import { isHeard } from "./system-figures.ts";
import type { TaskReads } from "./task-reads.ts";

export interface WritePorts {
  readonly access: StoreAccess;
  readonly reads: TaskReads;
  readonly cluster: ClusterReads;
  readonly queue: () => Promise<Ref<Queue>>;
  /** The log has grown: somebody should look at it. */
  readonly wrote: () => void;
}

const removalTriesMax = 8;

export class StateWrites {
  readonly #ports: WritePorts;

  constructor(ports: WritePorts) {
    this.#ports = ports;
  }

  async addTask(submission: TaskSubmission): Promise<SubmitReceipt> {
    const queue = await this.#ports.queue();
    return this.#told(queue.submit(submission));
  }

  async removeTask({ taskId, reason }: Parameters<State["removeTask"]>[0]): Promise<TaskRemoval> {
    const queue = await this.#ports.queue();
    const cancelled = await this.#told(queue.cancel({ taskId, reason }));
    if (cancelled.kind === "not_found" || cancelled.kind === "requested") return cancelled;
    const forgotten = await this.#ports.access.open().forgetTask(taskId);
    this.#ports.reads.cache.drop(taskId);
    return forgotten.kind === "forgotten" ? { kind: "removed" } : { kind: "not_found" };
  }

  async updateTask(change: TaskChange): Promise<TaskChanged> {
    const answer = await this.#told(this.#ports.access.open().amendTask(change));
    if (answer.kind !== "saved") return answer;
    // What the next reader hears is at least that new.
    this.#ports.reads.cache.drop(change.taskId);
    return answer;
  }

  updateTasks(changes: readonly TaskChange[]): Promise<readonly ItemResult<TaskChanged>[]> {
    return Promise.all(changes.map((change) => this.updateTask(change).catch(failedItem)));
  }

  addNode(introduction: NodeIntroduction): Promise<NodeRegistered> {
    return this.#told(this.#ports.access.open().registerNode(introduction));
  }

  updateNode(change: VersionedNodeChange): Promise<ReturnType<State["updateNode"]>> {
    return this.#told(this.#ports.access.open().updateNode(change));
  }

  async removeNode(node: string): Promise<NodeRemoval> {
    const store = this.#ports.access.open();
    for (let tries = 0; tries < removalTriesMax; tries += 1) {
      const record = await store.node(node);
      if (record === null) return { kind: "not_found" };
      const isWatched = record.leaseExpiresAt !== null;
      if (isWatched && isHeard(record)) return { kind: "alive", status: record.status };
      // It may be heard again meanwhile: then it has another version.
      const answer = await this.#told(store.removeNode(node, { version: record.version }));
      if (answer.kind !== "stale") return answer;
    }
    const text = `${node} changed ${removalTriesMax} times meanwhile; look whether it is heard, then try again`;
    throw new Failure("conflict", text);
  }

  broadcast({ message, severity }: Parameters<State["broadcast"]>[0]) {
    const payload = { message, severity };
    return this.#append({ channel: systemChannel, type: systemNotification, payload });
  }

  notifyUser({ userId, message, severity, taskId }: Parameters<State["notifyUser"]>[0]) {
    const payload = { message, severity };
    const channel = channelOf.user(userId);
    return this.#append({ channel, type: personalNotification, taskId: taskId ?? null, payload });
  }

  async announce(announcement: Announcement): Promise<{ readonly seq: number }> {
    const kind = channelKindOf(announcement.channel);
    if (kind === "room" || kind === "user" || kind === "system") return this.#append(announcement);
    const text = `the events of ${announcement.channel} are the store's own; announce in user:…, room:… or system`;
    throw new Failure("invalid", text);
  }

  async #append({ channel, type, taskId = null, payload }: Announcement) {
    const store = this.#ports.access.open();
    const [seq = 0] = await this.#told(store.appendEvents([{ channel, type, taskId, payload }]));
    return { seq };
  }

  async #told<T>(written: Promise<T>): Promise<T> {
    const value = await written;
    // The next reader hears what was written, though its event has not come yet.
    this.#ports.cluster.changed();
    this.#ports.wrote();
    return value;
  }
}
