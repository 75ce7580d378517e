// Submissions for tests: small, and changed in what a test is about.
import type { TaskFile, TaskSubmission } from "#protocols/tasks/task.ts";

export const file = (name: string, size: number): TaskFile => ({
  name,
  contentType: "application/octet-stream",
  bytes: Uint8Array.from({ length: size }, (_, index) => index % 251),
});

export const submission = (changes: Partial<TaskSubmission> = {}): TaskSubmission => ({
  type: "t",
  model: "m",
  parameters: {},
  inputs: [],
  ...changes,
});
