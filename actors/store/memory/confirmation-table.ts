// Questions in memory: by id, by task, and the open ones by when they were asked and when they are over.
import type { ConfirmationRecord } from "../records.ts";
import type { Due } from "../shelf.ts";
import { DueIndex } from "./due-index.ts";

export class ConfirmationTable {
  readonly #rows = new Map<string, ConfirmationRecord>();
  readonly #ofTask = new Map<string, Set<string>>();
  readonly #asked = new DueIndex<ConfirmationRecord>({
    at: ({ decision, createdAt }) => (decision === null ? createdAt : null),
    tie: ({ callbackId }) => callbackId,
    id: ({ callbackId }) => callbackId,
  });
  readonly #open = new DueIndex<ConfirmationRecord>({
    at: ({ decision, expiresAt }) => (decision === null ? expiresAt : null),
    tie: ({ callbackId }) => callbackId,
    id: ({ callbackId }) => callbackId,
  });

  get nextAt(): number | null {
    return this.#open.nextAt;
  }

  get(callbackId: string): ConfirmationRecord | undefined {
    return this.#rows.get(callbackId);
  }

  ofTask(taskId: string): readonly ConfirmationRecord[] {
    return this.#rowsOf(this.#ofTask.get(taskId) ?? []);
  }

  due(due: Due): readonly ConfirmationRecord[] {
    return this.#rowsOf(this.#open.due(due));
  }

  /** Oldest first; `null` stands for everybody. */
  open(userId: string | null, max: number): readonly ConfirmationRecord[] {
    const found: ConfirmationRecord[] = [];
    for (const { id } of this.#asked.all()) {
      if (found.length >= max) break;
      const row = this.#rows.get(id);
      if (row && (userId === null || row.userId === userId)) found.push(row);
    }
    return found;
  }

  replace(before: ConfirmationRecord | undefined, after: ConfirmationRecord | undefined): void {
    const row = after ?? before;
    if (!row) return;
    const { callbackId, taskId } = row;
    const siblings = this.#ofTask.get(taskId) ?? new Set();
    if (after) this.#rows.set(callbackId, after);
    else this.#rows.delete(callbackId);
    if (after) siblings.add(callbackId);
    else siblings.delete(callbackId);
    if (siblings.size > 0) this.#ofTask.set(taskId, siblings);
    else this.#ofTask.delete(taskId);
    this.#asked.replace(before, after);
    this.#open.replace(before, after);
  }

  #rowsOf(callbackIds: Iterable<string>): ConfirmationRecord[] {
    return [...callbackIds].flatMap((callbackId) => this.#rows.get(callbackId) ?? []);
  }
}
