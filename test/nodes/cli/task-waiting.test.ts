import assert from "node:assert/strict";
import { it } from "node:test";
import { awaitedTask } from "#nodes/cli/task-waiting.ts";
import { TerminalDouble } from "./terminal-double.ts";

const running = (progress: number | null, progressMessage: string | null = null) => ({
  ...{ status: "running", progress, progressMessage },
});
const done = { status: "completed", progress: 0.9, progressMessage: null, attempt: 1 };

function sourceOf(tasks: readonly object[]) {
  const waits: number[] = [];
  return {
    waits,
    async task(_path: string, waitSeconds: number): Promise<unknown> {
      waits.push(waitSeconds);
      return tasks[Math.min(waits.length, tasks.length) - 1];
    },
  };
}

it("shows on a terminal how far a task is, and takes the line away", async () => {
  const terminal = new TerminalDouble("terminal");
  const source = sourceOf([running(null), running(0.5, "running, 5 of 9"), done]);
  const task = await awaitedTask(source, { path: "/t", waitSeconds: 60 }, terminal);
  assert.equal(task, done);
  assert.deepEqual(source.waits, [1, 1, 1]);
  assert.match(terminal.errText, /running \[#{10}-{10}\] 50\/100 running, 5 of 9/);
  assert.ok(terminal.errText.endsWith("\r\u001b[2K"));
  assert.equal(terminal.outText, "");
});

it("gives the task as it stands when the time is over", async () => {
  const terminal = new TerminalDouble("terminal");
  const source = sourceOf([running(0.1)]);
  const task = await awaitedTask(source, { path: "/t", waitSeconds: 3 }, terminal);
  assert.deepEqual(task, running(0.1));
  assert.deepEqual(source.waits, [1, 1, 1]);
});

it("asks once where there is no terminal", async () => {
  const source = sourceOf([running(0.1)]);
  await awaitedTask(source, { path: "/t", waitSeconds: 30 }, new TerminalDouble());
  assert.deepEqual(source.waits, [30]);
});
