// Tells the store how far tasks have come: of each task the newest report, one at a time, so that a
// handler may report as often as it likes. The store writes progress once a second and forgets what comes
// between, so that a newer report waits here until it will be kept.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { ProgressReport, TaskStore } from "#protocols/tasks/store.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";

export interface ProgressPorts {
  /** The cluster's store; may be looked for each time. */
  store(): Promise<Ref<TaskStore>>;
  /** The store says that the lease is another's. */
  lost(lease: LeaseRef): void;
  /** Whether a report still means something. */
  holds(lease: LeaseRef): boolean;
  /** Resolves after so many milliseconds; fails when whoever tells has ended. */
  rest(ms: number): Promise<void>;
  /** A report did not reach the store. */
  missed(failure: Failure): void;
}

/** Longer than the store lets pass between two writes of one task's progress. */
const restMs = 1_100;

interface Line {
  waiting: ProgressReport | undefined;
}

export class ProgressDesk {
  readonly #ports: ProgressPorts;
  /** By task: the report that waits while one is on its way. */
  readonly #lines = new Map<string, Line>();
  #store: Ref<TaskStore> | undefined;

  constructor(ports: ProgressPorts) {
    this.#ports = ports;
  }

  /** Fails with `invalid` for a share that is none; otherwise the caller need not wait. */
  report(report: ProgressReport): void {
    const { lease, progress } = report;
    if (!(progress >= 0 && progress <= 1)) {
      const detail = `task ${lease.taskId} reports the progress ${progress}: give a share from 0 to 1`;
      throw new Failure("invalid", detail);
    }
    const line = this.#lines.get(lease.taskId);
    if (line) {
      line.waiting = { ...line.waiting, ...report };
      return;
    }
    const begun: Line = { waiting: report };
    this.#lines.set(lease.taskId, begun);
    void this.#send(begun).finally(() => this.#lines.delete(lease.taskId));
  }

  async #send(line: Line): Promise<void> {
    for (let next = line.waiting; next !== undefined; next = line.waiting) {
      line.waiting = undefined;
      if (!this.#ports.holds(next.lease)) return;
      try {
        this.#store ??= await this.#ports.store();
        const { kind } = await this.#store.progress(next);
        if (kind === "lost") this.#ports.lost(next.lease);
      } catch (cause) {
        this.#store = undefined;
        this.#ports.missed(Failure.of(cause));
      }
      if (!(await this.#hasRested())) return;
    }
  }

  /** False: nobody is there any more for whom something could be told. */
  async #hasRested(): Promise<boolean> {
    try {
      await this.#ports.rest(restMs);
      return true;
    } catch {
      return false;
    }
  }
}
