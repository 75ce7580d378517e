// What a command's run does when the history has another opinion of it.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { CommandRuns, type RunPorts } from "#actors/control/command-runs.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import type { PlannedCommand } from "#actors/control/request-check.ts";
import { Failure } from "#protocols/failure.ts";
import type {
  ControlBegun,
  ControlNoted,
  ControlRecord,
} from "#protocols/tasks/control-records.ts";
import { tellingRejections } from "#runtime/testkit/stray-rejections.ts";

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
const openRecord: ControlRecord = {
  ...{ commandId: "r", command: "RESTART_NODE", node: "n", taskId: null, parameters: null },
  ...{ issuedBy: "ada", issuedAt: 0, deadlineAt: 1_000, attempts: 1, deliveredAt: 0 },
  ...{ acknowledgedAt: 0, finishedAt: null, status: "acknowledged", response: null, error: null },
};

interface Surroundings {
  readonly note?: ControlNoted;
  readonly finish?: RunPorts["finish"];
  /** Told which time it is. */
  readonly begin?: (times: number) => ControlBegun;
  readonly sleep?: (ms: number) => Promise<void>;
}

const ended = (status: ControlRecord["status"]) => async (): Promise<ControlNoted> => ({
  kind: "ended",
  status,
});

function runsOn(answers: Surroundings) {
  let begins = 0;
  const sent: string[] = [];
  const unkept: string[] = [];
  const ports: RunPorts = {
    counts: new ControlCounts(),
    begin: async () => {
      begins += 1;
      return answers.begin?.(begins) ?? { kind: "begun" };
    },
    note: async () => answers.note ?? noted,
    finish: answers.finish ?? (async () => noted),
    carryOut: async ({ commandId }, progress) => {
      await progress.delivered();
      sent.push(commandId);
      await progress.acknowledged();
      return { node: "n" };
    },
    setRight: async () => {},
    now: () => 0,
    sleep: answers.sleep ?? (async () => {}),
    unkept: (_, { code }: Failure) => void unkept.push(code),
  };
  return { runs: new CommandRuns(ports), sent, unkept };
}

test("a command that the history has ended is not sent any more", async () => {
  const note: ControlNoted = { kind: "ended", status: "timed_out" };
  const { runs, sent } = runsOn({ note, finish: ended("timed_out") });
  const answer = await runs.issue(planned);
  assert.deepEqual([answer.status, answer.error?.code, sent], ["timed_out", "timeout", []]);
});

test("a command of which nothing is kept any more is not sent, and that is told", async () => {
  const { runs, sent, unkept } = runsOn({
    note: { kind: "not_found" },
    finish: async () => ({ kind: "not_found" }),
  });
  const answer = await runs.issue(planned);
  assert.deepEqual([answer.status, answer.error?.code, sent], ["failed", "not_found", []]);
  assert.deepEqual(unkept, ["not_found"]);
});

test("the first end counts: whoever waits hears what whoever asks again will hear", async () => {
  const late = runsOn({ finish: ended("timed_out") });
  const answer = await late.runs.issue(planned);
  assert.deepEqual([answer.status, answer.response], ["timed_out", null]);
  assert.match(answer.error?.detail ?? "", /timed_out in the history before it was completed/);
  assert.deepEqual(late.sent, ["r"]);
  const same = runsOn({ finish: ended("completed") });
  assert.deepEqual((await same.runs.issue(planned)).response, { node: "n" });
});

test("an end that the store cannot keep is kept when it can, and is the command's own until then", async () => {
  const kept: string[] = [];
  let isFull = true;
  const pauses = new EventEmitter();
  const { runs, sent, unkept } = runsOn({
    finish: async ({ commandId, status }) => {
      if (isFull) throw new Failure("store_failed", "the disk is full");
      kept.push(`${commandId} ${status}`);
      return noted;
    },
    begin: (times) => (times === 1 ? { kind: "begun" } : { kind: "known", command: openRecord }),
    // The short ones between the first attempts are over at once.
    sleep: async (ms) => {
      if (ms >= 1_000) await once(pauses, "over");
    },
  });
  const pauseIsOver = async (): Promise<void> => {
    pauses.emit("over");
    await setImmediate();
  };
  const first = await runs.issue(planned);
  assert.deepEqual([first.status, unkept], ["completed", ["store_failed"]]);
  const again = await runs.issue(planned);
  assert.deepEqual([again.status, again.isReplay, sent], ["completed", true, ["r"]]);
  await pauseIsOver();
  assert.deepEqual(kept, []);
  isFull = false;
  await pauseIsOver();
  assert.deepEqual(kept, ["r completed"]);
});

test("a channel that ends while an end is to be kept leaves no rejection behind", async () => {
  const { runs, unkept } = runsOn({
    finish: () => Promise.reject(new Failure("unavailable", "the store is away")),
    sleep: () => Promise.reject(new Failure("actor_stopped", "the channel has ended")),
  });
  const rejections: unknown[] = [];
  await tellingRejections(
    (error) => void rejections.push(error),
    async () => {
      assert.equal((await runs.issue(planned)).status, "completed");
      assert.equal((await runs.resume(planned, openRecord)).status, "failed");
      await setImmediate();
    },
  );
  assert.deepEqual([rejections, unkept], [[], []]);
});
