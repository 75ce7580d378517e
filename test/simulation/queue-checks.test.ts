// The checks of what queues promise, each with histories that keep it and histories that break it by a hair.
import assert from "node:assert/strict";
import { test } from "node:test";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { type Check, checkHistory } from "#runtime/testkit/simulation/checker.ts";
import { childrenFollow } from "./tasks/children-follow-check.ts";
import { claimsPaced } from "./tasks/claims-paced-check.ts";
import { firstInRank } from "./tasks/first-in-rank-check.ts";
import { givesWay } from "./tasks/gives-way-check.ts";
import { roomKept } from "./tasks/room-kept-check.ts";
import type { Kept, KeptAttempt, KeptEvent, KeptTask } from "./tasks/task-facts.ts";
import { triedAgain, triedLater } from "./tasks/tried-again-check.ts";
import { triedElsewhere } from "./tasks/tried-elsewhere-check.ts";

const blank: KeptTask = {
  ...{ taskId: "", queue: "default", userId: null, status: "pending", version: 1, attempt: 0 },
  ...{ fence: 0, leaseFence: 0, retryCount: 0, maxRetries: 3, lostLeases: 0, runAt: 0 },
  ...{ deadlineAt: null, queueDeadlineAt: null, isCancelRequested: false, parentId: null },
  ...{
    priority: 0,
    submittedAt: 0,
    rank: 0,
    needs: "[]",
    isEvictable: true,
    errorClass: null,
    name: null,
  },
};

const failedOn = (node: string, attempt: number): KeptAttempt => ({
  ...{ taskId: "x", attempt, node, outcome: "failed", errorCode: "code" },
  ...{ errorClass: "model", nextRunAt: 5 },
});

type Told = readonly [type: string, task: Partial<KeptTask> & Pick<KeptTask, "taskId">];

/** A commit of these steps at a time. */
interface Commit extends Partial<Pick<Kept, "attempts" | "refusals">> {
  readonly at: number;
  readonly steps: readonly Told[];
  /** Of all that are begun. */
  readonly where?: Pick<KeptEvent, "attempt" | "node" | "note">;
}

const nowhere = { attempt: 0, node: null, note: null };

function judged(check: Check, commits: readonly Commit[]): string | undefined {
  let eventId = 0;
  const history = commits.map(
    ({ at, steps, where = nowhere, attempts = [], refusals = [] }, index) => {
      const events = steps.map(([type, { status = "pending", taskId }]) => {
        eventId += 1;
        const place = { eventId, channel: channelOf.task(taskId), seq: eventId };
        return { ...place, type, taskId, status, ...where };
      });
      const tasks = steps.map(([, task]) => ({ ...blank, ...task }));
      const rest = { isSwept: false, queues: [], keys: [], renewed: [], holds: [] };
      const about = JSON.stringify({ at, events, tasks, attempts, refusals, ...rest });
      const place = { id: index, atMs: at, node: "a", incarnation: 1 };
      return { kind: "fact", name: "kept", about, ...place } as const;
    },
  );
  return checkHistory(history, [check])?.statement;
}

const comes = (taskId: string, task: Partial<KeptTask> = {}): Told => [
  "submitted",
  { taskId, ...task },
];
const begins = (taskId: string, task: Partial<KeptTask> = {}): Told => [
  "running",
  { taskId, ...task, status: "running" },
];
const goes = (taskId: string, task: Partial<KeptTask> = {}): Told => [
  "evicted",
  { taskId, ...task, status: "evicted" },
];
const brief = { queue: "brief" };
const full = { at: 0, steps: [comes("x", { ...brief, priority: 1 }), comes("y", brief)] };

test("a queue that is full takes nobody, and one that is not refuses nobody", () => {
  const one = { queue: "brief", userId: null, priority: 0, limit: "tasks" };
  assert.equal(judged(roomKept, [full, { at: 1, steps: [], refusals: [one] }]), undefined);
  assert.match(judged(roomKept, [full, { at: 1, steps: [comes("z", brief)] }]) ?? "", /one of 3/);
  const begun = { at: 1, steps: [begins("y", brief)] };
  assert.equal(judged(roomKept, [full, begun, { at: 2, steps: [comes("z", brief)] }]), undefined);
  const early = judged(roomKept, [full, begun, { at: 2, steps: [], refusals: [one] }]);
  assert.match(early ?? "", /room for 1/);
});

test("a user's share is the user's alone", () => {
  const own = { queue: "fair", userId: "one" };
  const steps = [comes("x", own), comes("y", own), comes("z", { ...own, userId: "two" })];
  assert.equal(judged(roomKept, [{ at: 0, steps }]), undefined);
  assert.match(judged(roomKept, [{ at: 0, steps: [...steps, comes("w", own)] }]) ?? "", /of one/);
});

test("the last in rank gives way to one that stands before it", () => {
  const gone = goes("x", { ...brief, priority: 1 });
  const newcomer = (submittedAt: number) => comes("z", { ...brief, submittedAt });
  const withNewcomerAt = (submittedAt: number) => [
    full,
    { at: submittedAt, steps: [gone, newcomer(submittedAt)] },
  ];
  assert.equal(judged(givesWay, withNewcomerAt(199)), undefined);
  assert.match(judged(givesWay, withNewcomerAt(200)) ?? "", /0 ms behind it/);
  const other = { at: 1, steps: [goes("y", brief), newcomer(1)] };
  assert.match(judged(givesWay, [full, other]) ?? "", /x stands behind it/);
  assert.match(judged(givesWay, [full, { at: 1, steps: [gone] }]) ?? "", /nobody came/);
});

test("nobody stands waiting before who is begun, but by a level of priority", () => {
  const steps = (priority: number) => [comes("x", { priority }), comes("y"), begins("x")];
  assert.equal(judged(firstInRank, [{ at: 0, steps: steps(1) }]), undefined);
  const waiting = [comes("x", { priority: 2 }), comes("y")];
  const taken = [begins("x", { priority: 2 })];
  const late = [
    { at: 0, steps: waiting },
    { at: 1, steps: taken },
  ];
  assert.match(judged(firstInRank, late) ?? "", /200 ms too far/);
  const elsewhere = [comes("x", { priority: 2 }), comes("y", { errorClass: "model" })];
  const passed = [
    { at: 0, steps: elsewhere },
    { at: 1, steps: taken },
  ];
  assert.equal(judged(firstInRank, passed), undefined);
});

test("a burst leaves at once, and the next when the rate lets it", () => {
  const waiting = { at: 0, steps: [comes("x", brief), comes("y", brief)] };
  const first = { at: 0, steps: [begins("x", brief)] };
  const second = (at: number) => [waiting, first, { at, steps: [begins("y", brief)] }];
  assert.equal(judged(claimsPaced, second(200)), undefined);
  assert.match(judged(claimsPaced, second(199)) ?? "", /sooner than its rate allows/);
  const back: Commit = { at: 1, steps: [["released", { taskId: "x", ...brief }]] };
  const given = [waiting, first, back, { at: 1, steps: [begins("y", brief)] }];
  assert.equal(judged(claimsPaced, given), undefined);
});

test("a failure of a class is tried again as often as the class allows", () => {
  const ended = (attempt: number, errorClass: string, nextRunAt: number | null): Commit => ({
    at: attempt,
    steps: [["retried", { taskId: "x" }]],
    attempts: [{ ...failedOn("c", attempt), errorClass, nextRunAt }],
  });
  assert.equal(judged(triedAgain, [ended(1, "model", 5), ended(2, "model", null)]), undefined);
  const often = judged(triedAgain, [ended(1, "model", 5), ended(2, "model", 6)]);
  assert.match(often ?? "", /2 times with model, after 1 retries, and is tried/);
  assert.match(judged(triedAgain, [ended(1, "model", null)]) ?? "", /is not tried again/);
  const mixed = [ended(1, "network", 5), ended(2, "model", 6), ended(3, "validation", null)];
  assert.equal(judged(triedAgain, mixed), undefined);
});

test("who failed for its node's sake is there again for a reason that is told, and else elsewhere", () => {
  const begun = (
    attempt: number,
    node: string,
    note: string | null,
    ended: KeptAttempt[] = [],
  ) => ({
    ...{ at: attempt, steps: [begins("x")], where: { attempt, node, note }, attempts: ended },
  });
  const first = begun(1, "c", null);
  const after = (ended: KeptAttempt, node: string, note: string | null) =>
    judged(triedElsewhere, [first, begun(2, node, note, [ended])]);
  const failed = failedOn("c", 1);
  assert.equal(after(failed, "d", null), undefined);
  assert.equal(after(failed, "c", "no other"), undefined);
  assert.match(after(failed, "c", null) ?? "", /on c, where attempt 1 failed with model, for no/);
  assert.match(after(failed, "d", "no other") ?? "", /is said to be there: no other/);
  assert.equal(after({ ...failed, errorClass: "network" }, "c", null), undefined);
  assert.equal(after({ ...failed, outcome: "lost" }, "c", null), undefined);
  // What is lost in between does not bring it back; of what nobody saw nothing is said.
  const lost = begun(2, "d", null, [failed]);
  const back = begun(3, "c", null, [{ ...failedOn("d", 2), outcome: "lost" }]);
  assert.match(judged(triedElsewhere, [first, lost, back]) ?? "", /attempt 3 of x is on c/);
  assert.equal(judged(triedElsewhere, [first, lost, begun(3, "c", null)]), undefined);
});

test("a retry waits as its queue says", () => {
  const patient = { queue: "patient" };
  const failed: Commit = { at: 10, steps: [["retried", { taskId: "x", ...patient }]] };
  const again = (at: number) => [failed, { at, steps: [begins("x", patient)] }];
  assert.equal(judged(triedLater, again(110)), undefined);
  assert.match(judged(triedLater, again(109)) ?? "", /to wait for 100 ms/);
});

test("who is to be cancelled takes its children along, and gets no more of them", () => {
  const family = { at: 0, steps: [comes("p"), comes("c", { parentId: "p" })] };
  const leaves: Told = ["cancelled", { taskId: "p", status: "cancelled" }];
  const follows: Told = ["cancelled", { taskId: "c", parentId: "p", status: "cancelled" }];
  assert.equal(judged(childrenFollow, [family, { at: 1, steps: [follows, leaves] }]), undefined);
  const alone = { at: 1, steps: [leaves] };
  assert.match(judged(childrenFollow, [family, alone]) ?? "", /c is alive/);
  const late = { at: 2, steps: [comes("d", { parentId: "p" })] };
  const both = [family, { at: 1, steps: [follows, leaves] }, late];
  assert.match(judged(childrenFollow, both) ?? "", /d is taken/);
});
