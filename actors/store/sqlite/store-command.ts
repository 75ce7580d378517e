// One call of the task store as data: what crosses from the actor's thread to the writer thread and
// what comes back.
import type { TaskStore } from "#protocols/tasks/store.ts";
import type { TaskFile, TaskLease } from "#protocols/tasks/task.ts";
import type { CallOutcome } from "#runtime/stores/sqlite/grouped-commit.ts";

export type StoreMethod = keyof TaskStore;
export type StoreArguments<M extends StoreMethod> = Parameters<TaskStore[M]>;
export type StoreValue<M extends StoreMethod> = ReturnType<TaskStore[M]>;

export type StoreCommand = {
  [M in StoreMethod]: { readonly method: M; readonly args: StoreArguments<M> };
}[StoreMethod];

export type StoreAnswer = CallOutcome<StoreValue<StoreMethod>>;

/** Whether the command may change rows, and so needs a commit before it is answered. */
export function isWrite(command: StoreCommand): boolean {
  switch (command.method) {
    case "submit":
    case "claim":
    case "renew":
    case "complete":
    case "fail":
    case "release":
    case "cancel":
    case "sweep":
      return true;
    case "view":
    case "outcome":
    case "counts":
    case "check":
    case "ping":
      return false;
  }
}

/** The files that a command carries. */
export function filesOf(command: StoreCommand): readonly TaskFile[] {
  if (command.method === "submit") return command.args[0].inputs;
  if (command.method === "complete") return command.args[0].result.files;
  return [];
}

export const filesBytes = (command: StoreCommand): number =>
  filesOf(command).reduce((sum, file) => sum + file.bytes.byteLength, 0);

/** The files that an answer brings. */
export function filesIn(value: StoreValue<StoreMethod>): readonly TaskFile[] {
  if (value === null || typeof value !== "object") return [];
  if (isLeases(value)) return value.flatMap((lease) => lease.inputs);
  return "result" in value ? value.result.files : [];
}

const isLeases = (value: object): value is readonly TaskLease[] => Array.isArray(value);
