// Tasks, results and failures that mean nothing by themselves; a promise names what matters to it.
import type { TaskFailure } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskFile, TaskResult, TaskSubmission } from "#protocols/tasks/task.ts";

export const someTask = (differences: Partial<TaskSubmission> = {}): TaskSubmission => ({
  type: "inpaint",
  model: "lama",
  parameters: {},
  inputs: [],
  ...differences,
});

export const emptyResult: TaskResult = { figures: {}, files: [] };

export const failureOf = (differences: Partial<TaskFailure> = {}): TaskFailure => ({
  code: "engine_lost",
  detail: "the engine process ended",
  class: "network",
  ...differences,
});

/** Only what identifies the lease. */
export const refOf = ({ taskId, fence, epoch }: LeaseRef): LeaseRef => ({ taskId, fence, epoch });

/** A file of so many bytes, each other than its neighbours. */
export function fileOf(name: string, size: number): TaskFile {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) % 251);
  return { name, contentType: "application/octet-stream", bytes };
}

export const noJitter = { baseMs: 1_000, factor: 2, capMs: 300_000, jitter: "none" } as const;
