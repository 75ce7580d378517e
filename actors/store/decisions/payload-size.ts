// What a task weighs against its queue's limit: its parameters as text, and its files. Pure.
import type { TaskFile, TaskSubmission } from "#protocols/tasks/task.ts";
import { parametersText } from "../fingerprint.ts";

export const bytesOf = (files: readonly TaskFile[]): number =>
  files.reduce((sum, file) => sum + file.bytes.byteLength, 0);

export const payloadBytesOf = ({ parameters, inputs }: TaskSubmission): number =>
  Buffer.byteLength(parametersText(parameters)) + bytesOf(inputs);
