// What a command's run does when the history has another opinion of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandRuns, type RunPorts } from "#actors/control/command-runs.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import type { PlannedCommand } from "#actors/control/request-check.ts";
import type { Failure } from "#protocols/failure.ts";
import type { ControlNoted } from "#protocols/tasks/control-records.ts";

const planned: PlannedCommand = {
  commandId: "r",
  kind: { builtin: "RESTART_NODE" },
  node: "n",
  taskId: null,
  parameters: {},
  timeoutMs: 1_000,
  by: "ada",
  isRead: false,
};
const noted: ControlNoted = { kind: "noted" };

function runsOn(answers: { readonly note?: ControlNoted; readonly finish?: ControlNoted }) {
  const sent: string[] = [];
  const unkept: string[] = [];
  const ports: RunPorts = {
    counts: new ControlCounts(),
    begin: async () => ({ kind: "begun" }),
    note: async () => answers.note ?? noted,
    finish: async () => answers.finish ?? noted,
    carryOut: async ({ commandId }, progress) => {
      await progress.delivered();
      sent.push(commandId);
      await progress.acknowledged();
      return { node: "n" };
    },
    setRight: async () => {},
    now: () => 0,
    sleep: async () => {},
    unkept: (_, { code }: Failure) => void unkept.push(code),
  };
  return { runs: new CommandRuns(ports), sent, unkept };
}

test("a command that the history has ended is not sent any more", async () => {
  const ended: ControlNoted = { kind: "ended", status: "timed_out" };
  const { runs, sent } = runsOn({ note: ended, finish: ended });
  const answer = await runs.issue(planned);
  assert.deepEqual([answer.status, answer.error?.code, sent], ["timed_out", "timeout", []]);
});

test("a command of which nothing is kept any more is not sent, and that is told", async () => {
  const { runs, sent, unkept } = runsOn({
    note: { kind: "not_found" },
    finish: { kind: "not_found" },
  });
  const answer = await runs.issue(planned);
  assert.deepEqual([answer.status, answer.error?.code, sent], ["failed", "not_found", []]);
  assert.deepEqual(unkept, ["not_found"]);
});

test("the first end counts: whoever waits hears what whoever asks again will hear", async () => {
  const late = runsOn({ finish: { kind: "ended", status: "timed_out" } });
  const answer = await late.runs.issue(planned);
  assert.deepEqual([answer.status, answer.response], ["timed_out", null]);
  assert.match(answer.error?.detail ?? "", /timed_out in the history before it was completed/);
  assert.deepEqual(late.sent, ["r"]);
  const same = runsOn({ finish: { kind: "ended", status: "completed" } });
  assert.deepEqual((await same.runs.issue(planned)).response, { node: "n" });
});
