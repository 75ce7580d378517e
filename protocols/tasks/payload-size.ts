// What a task weighs against its queue's limit: its parameters as text, and its files. Pure.
import type { TaskFile, TaskSubmission } from "./task.ts";

export const bytesOf = (files: readonly TaskFile[]): number =>
  files.reduce((sum, file) => sum + file.bytes.byteLength, 0);

export const payloadBytesOf = ({
  parameters,
  inputs,
}: Pick<TaskSubmission, "parameters" | "inputs">): number =>
  Buffer.byteLength(JSON.stringify(parameters)) + bytesOf(inputs);
