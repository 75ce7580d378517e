// The files that calls and answers carry between threads: they move, so that nothing is copied twice.
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { StoreAnswer, StoreCommand } from "../backend.ts";
import { carriedCheckpoint } from "../carried-checkpoint.ts";

/** The files that a command carries. */
function filesOf(command: StoreCommand): readonly TaskFile[] {
  if (command.method === "submit") return command.args[0].inputs;
  if (command.method === "complete") return command.args[0].result.files;
  return [];
}

/** About what the command brings. */
export const filesBytes = (command: StoreCommand): number =>
  filesOf(command).reduce((sum, file) => sum + file.bytes.byteLength, 0) +
  (carriedCheckpoint(command)?.byteLength ?? 0);

/** The command with its files in buffers of their own, which can be moved to the thread. */
export function withOwnFiles(command: StoreCommand): StoreCommand {
  if (filesOf(command).length === 0) return command;
  if (command.method === "submit") {
    const [submission] = command.args;
    return { method: "submit", args: [{ ...submission, inputs: submission.inputs.map(ownFile) }] };
  }
  if (command.method === "complete") {
    const [report] = command.args;
    const result = { ...report.result, files: report.result.files.map(ownFile) };
    return { method: "complete", args: [{ ...report, result }] };
  }
  return command;
}

/** Buffers that move to the thread. */
export const buffersOfCommand = (command: StoreCommand): readonly ArrayBuffer[] =>
  ownBuffers(filesOf(command));

/** Buffers that move from the thread: of inputs and results, which were read for this answer alone. */
export function buffersOfAnswer(answer: StoreAnswer): readonly ArrayBuffer[] {
  if (answer.kind === "failed") return [];
  const { value } = answer;
  if (value === null || typeof value !== "object") return [];
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => ownBuffers(filesIn(part)));
}

function filesIn(value: unknown): readonly TaskFile[] {
  if (value === null || typeof value !== "object") return [];
  if ("inputs" in value && isFiles(value.inputs)) return value.inputs;
  if ("result" in value && value.result !== null && typeof value.result === "object") {
    const { result } = value;
    return "files" in result && isFiles(result.files) ? result.files : [];
  }
  if ("file" in value && isFile(value.file)) return [value.file];
  return [];
}

const isFiles = (value: unknown): value is readonly TaskFile[] =>
  Array.isArray(value) && value.every(isFile);

const isFile = (value: unknown): value is TaskFile =>
  value !== null &&
  typeof value === "object" &&
  "bytes" in value &&
  value.bytes instanceof Uint8Array;

const ownFile = (file: TaskFile): TaskFile => ({ ...file, bytes: new Uint8Array(file.bytes) });

const ownBuffers = (files: readonly TaskFile[]): readonly ArrayBuffer[] =>
  files.map((file) => file.bytes.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
