// Snapshots that are held for their further pages: a few, for a while. Pure.
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { SnapshotPage } from "#protocols/tasks/state-readings.ts";
import type { TaskView } from "#protocols/tasks/task.ts";

interface HeldSnapshot {
  readonly tasks: readonly TaskView[];
  readonly heldAt: number;
}

export class SnapshotShelf {
  readonly #held = new Map<string, HeldSnapshot>();

  /** The first page; what fits into one is not held. */
  add(snapshotId: string, tasks: readonly TaskView[], nowMs: number): SnapshotPage {
    const page = pageOf({ snapshotId, tasks, from: 0 });
    if (page.next === null) return page;
    this.#held.set(snapshotId, { tasks, heldAt: nowMs });
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= stateLimits.snapshotsHeldMax) break;
      this.#held.delete(oldest);
    }
    return page;
  }

  /** Fails with `not_found` when it is not held any more. */
  page(snapshotId: string, from: number): SnapshotPage {
    const held = this.#held.get(snapshotId);
    if (held) return pageOf({ snapshotId, tasks: held.tasks, from });
    const text = `the snapshot "${snapshotId}" is not held any more; take another, and read its pages within ${stateLimits.snapshotHeldMs / 1_000} s`;
    throw new Failure("not_found", text);
  }

  expire(nowMs: number): void {
    for (const [snapshotId, { heldAt }] of this.#held) {
      if (heldAt <= nowMs - stateLimits.snapshotHeldMs) this.#held.delete(snapshotId);
    }
  }
}

function pageOf(of: {
  readonly snapshotId: string;
  readonly tasks: readonly TaskView[];
  readonly from: number;
}): SnapshotPage {
  const { snapshotId, tasks, from } = of;
  const end = from + stateLimits.snapshotPageMax;
  return { snapshotId, tasks: tasks.slice(from, end), next: end < tasks.length ? end : null };
}
