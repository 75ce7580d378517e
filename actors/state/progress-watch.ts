// How far running tasks are makes no event: only its newest value counts. So the tasks whose channels
// somebody follows are looked at now and then, and what has changed is told. Pure.

import type { Notice } from "#protocols/tasks/state-notices.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import { channelOf, type StoreEvent } from "#protocols/tasks/task-events.ts";

export type ProgressNotice = Extract<Notice, { readonly kind: "progress" }>;

interface Watched {
  /** Unknown before it was looked at. */
  readonly status: string | undefined;
  readonly progress: number | null;
  readonly message: string | null;
  /** When it was seen. */
  readonly at: number;
}

const unknown: Watched = { status: undefined, progress: null, message: null, at: 0 };

export class ProgressWatch {
  /** In the order in which they are looked at. */
  readonly #watched = new Map<string, Watched>();

  /** These, and no others. */
  follow(taskIds: readonly string[]): void {
    const wanted = new Set(taskIds);
    for (const taskId of this.#watched.keys()) {
      if (!wanted.has(taskId)) this.#watched.delete(taskId);
    }
    for (const taskId of wanted) {
      if (!this.#watched.has(taskId)) this.#watched.set(taskId, unknown);
    }
  }

  noted({ taskId, payload }: StoreEvent): void {
    const watched = taskId === null ? undefined : this.#watched.get(taskId);
    if (taskId === null || !watched || typeof payload.status !== "string") return;
    this.#watched.set(taskId, { ...watched, status: payload.status });
  }

  /** Those that may run; what is answered comes last the next time. */
  due(max: number): readonly string[] {
    const due: string[] = [];
    for (const [taskId, { status }] of this.#watched) {
      if (due.length >= max) break;
      if (status === undefined || status === "running") due.push(taskId);
    }
    for (const taskId of due) {
      const watched = this.#watched.get(taskId) ?? unknown;
      this.#watched.delete(taskId);
      this.#watched.set(taskId, watched);
    }
    return due;
  }

  /** What is new of it. */
  seen(task: TaskView, at: number): ProgressNotice | undefined {
    const { taskId, status, progress, progressMessage: message } = task;
    const watched = this.#watched.get(taskId);
    if (!watched) return undefined;
    this.#watched.set(taskId, { status, progress, message, at });
    const isSame = watched.progress === progress && watched.message === message;
    return isSame ? undefined : this.last(taskId);
  }

  /** What was seen of it last, for who begins to follow it: undefined when it does not run. */
  last(taskId: string): ProgressNotice | undefined {
    const { status, progress, message, at } = this.#watched.get(taskId) ?? unknown;
    if (status !== "running" || progress === null) return undefined;
    return { kind: "progress", channel: channelOf.task(taskId), taskId, progress, message, at };
  }
}
