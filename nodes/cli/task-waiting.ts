// Waits for a task to end, and says on one line meanwhile how far it is.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { isEnded, TaskStatus } from "#protocols/tasks/task-states.ts";
import type { CommandIo } from "./command-io.ts";
import { formatBar, ProgressLine } from "./progress-line.ts";

const Shown = Type.Object({
  status: TaskStatus,
  progress: Type.Union([Type.Number(), Type.Null()]),
  progressMessage: Type.Union([Type.String(), Type.Null()]),
});
const check = Compile(Shown);

/** How a task is asked for: as it is when it has ended, or after so many seconds. */
export interface TaskSource {
  task(path: string, waitSeconds: number): Promise<unknown>;
}

/** The task when it has ended, or as it stands after so many seconds. Fails as the source does. */
export async function awaitedTask(
  source: TaskSource,
  { path, waitSeconds }: { readonly path: string; readonly waitSeconds: number },
  io: CommandIo,
): Promise<unknown> {
  // Where no line can be rewritten it is asked for once.
  if (!io.isTerminal) return source.task(path, waitSeconds);
  const line = new ProgressLine(io);
  try {
    for (let left = waitSeconds; ; left--) {
      const task = await source.task(path, Math.min(1, left));
      const hasEnded = !check.Check(task) || isEnded(task.status);
      if (hasEnded || left <= 1) return task;
      line.show(progressOf(task) ?? "");
    }
  } finally {
    line.show("");
  }
}

/** `running [####------] 20/100 running, 2 of 9`; undefined: it is no view of a task. */
export function progressOf(task: unknown): string | undefined {
  if (!check.Check(task)) return undefined;
  const { status, progress, progressMessage } = task;
  if (progress === null) return status;
  const percent = Math.round(progress * 100);
  return `${status} ${formatBar(percent, 100)} ${progressMessage ?? ""}`.trim();
}
