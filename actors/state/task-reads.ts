// Tasks from the cache where that is right, else from the store.
//
// Every change of a task that counts in its version is an event of the log that is followed, and an event
// drops the entry. So the entry of a task that waits is as new as the last look at the log; of one that
// runs (its progress makes no event) or has ended (that it is forgotten makes none) as new as its reading.
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { TaskRead } from "#protocols/tasks/state.ts";
import type { Reading } from "#protocols/tasks/state-readings.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { isAway } from "./held-reading.ts";
import { SeenVersions } from "./seen-versions.ts";
import type { StoreAccess } from "./store-access.ts";
import { type CachedTask, TaskCache } from "./task-cache.ts";

export type TaskReading = Reading<TaskView | null>;

export interface TaskReadPorts {
  readonly access: StoreAccess;
  readonly wall: () => number;
}

/** What is read may be as old as the question. */
interface AskedTask {
  readonly askedAt: number;
  readonly reading: Promise<TaskReading>;
}

/** Events that an answer of the store may be behind. */
const versionsSeenMax = 8_192;

export class TaskReads {
  readonly cache = new TaskCache({
    tasksMax: stateLimits.tasksCachedMax,
    livingMs: stateLimits.taskCachedMs,
    endedMs: stateLimits.endedCachedMs,
  });
  readonly #seen = new SeenVersions(versionsSeenMax);
  readonly #ports: TaskReadPorts;
  /** Questions on their way, which others may share. */
  readonly #asked = new Map<string, AskedTask>();
  readonly totals = { hit: 0, miss: 0, stale: 0 };

  constructor(ports: TaskReadPorts) {
    this.#ports = ports;
  }

  async get(request: TaskRead): Promise<TaskReading> {
    const { taskId, versionMin = 1, maxAgeMs = stateLimits.readAgeMsDefault } = request;
    const cached = this.cache.get(taskId, this.#ports.wall());
    if (cached && maxAgeMs > 0 && cached.task.version >= versionMin) {
      const asOf = this.#asOf(cached);
      if (this.#ports.wall() - asOf <= maxAgeMs) {
        this.totals.hit += 1;
        return { ...this.#reading(cached), asOf, source: "cache", isStale: false };
      }
    }
    try {
      this.totals.miss += 1;
      return await this.#shared(request, maxAgeMs);
    } catch (error) {
      const isEnough = cached && maxAgeMs > 0 && cached.task.version >= versionMin;
      if (!isEnough || !isAway(Failure.of(error).code)) throw error;
      this.totals.stale += 1;
      const asOf = this.#asOf(cached);
      return { ...this.#reading(cached), asOf, source: "cache", isStale: true };
    }
  }

  noted(event: StoreEvent): void {
    const version = this.#seen.note(event);
    if (event.taskId === null || version === 0) return;
    const cached = this.cache.get(event.taskId, event.at);
    if (cached && cached.task.version < version) this.cache.drop(event.taskId);
  }

  clear(): number {
    this.#seen.clear();
    return this.cache.clear();
  }

  #shared(request: TaskRead, maxAgeMs: number): Promise<TaskReading> {
    const { taskId } = request;
    const isShareable = maxAgeMs > 0 && request.versionMin === undefined;
    const askedAt = this.#ports.wall();
    const asked = isShareable ? this.#asked.get(taskId) : undefined;
    if (asked && askedAt - asked.askedAt <= maxAgeMs) {
      // Who asked first may have had less time than this one.
      return asked.reading.catch(() => this.#read(taskId));
    }
    const reading = this.#read(taskId);
    if (!isShareable || this.#asked.size >= stateLimits.tasksCachedMax) return reading;
    const own = { askedAt, reading };
    this.#asked.set(taskId, own);
    const done = (): void => {
      if (this.#asked.get(taskId) === own) this.#asked.delete(taskId);
    };
    reading.then(done, done);
    return reading;
  }

  async #read(taskId: string): Promise<TaskReading> {
    const readAt = this.#ports.wall();
    const task = await this.#ports.access.open().view(taskId);
    if (task === null) {
      this.cache.drop(taskId);
      return { value: null, version: null, asOf: readAt, source: "store", isStale: false };
    }
    if (!this.#seen.isOutdated(taskId, task.version)) this.cache.put(task, readAt);
    return { value: task, version: task.version, asOf: readAt, source: "store", isStale: false };
  }

  #reading({ task }: CachedTask): Pick<TaskReading, "value" | "version"> {
    return { value: task, version: task.version };
  }

  #asOf({ task, readAt }: CachedTask): number {
    const isFollowed = task.status !== "running" && !isEnded(task.status);
    const { follow } = this.#ports.access;
    return isFollowed && follow ? Math.max(readAt, follow.asOf) : readAt;
  }
}
