// What the chaos test would notice, on records that are made up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { absenceOf, awayIn, takeUpMsMax } from "./chaos-away.ts";
import type { ChaosTask } from "./chaos-client.ts";
import { optionsOf } from "./chaos-command.ts";
import type { TaskHistory, TaskTransition } from "./chaos-history.ts";
import { rerunsOf } from "./chaos-losses.ts";
import { chaosPlan } from "./chaos-plan.ts";
import { isPassed, isSoon } from "./chaos-report.ts";
import { type Effect, isUpheld, judge, poisonedMaxOf } from "./chaos-verdict.ts";

const transition = (type: string, at: number, node?: string): TaskTransition => ({
  ...{ type, at, attempt: 1, node },
});
const good: TaskHistory = {
  taskId: "t",
  events: [
    transition("submitted", 0),
    transition("running", 10, "worker-1"),
    transition("completed", 20),
  ],
  status: "completed",
  code: undefined,
  result: { fence: 1, node: "worker-1" },
};
const task: ChaosTask = {
  ...{ number: 0, taskId: "t", acknowledgedAtMs: 1 },
  end: { kind: "result", fence: 1, node: "worker-1" },
};
const effects: readonly Effect[] = (["begin", "end"] as const).map((what) => ({
  ...{ what, taskId: "t", fence: 1, node: "worker-1", at: 15 },
}));
const judged = (history: TaskHistory, more: Partial<Parameters<typeof judge>[0]> = {}) =>
  judge({ tasks: [task], histories: [history], effects, ...more });

test("a task that was acknowledged, run and committed once is as it should be", () => {
  const verdict = judged(good);
  assert.ok(isUpheld(verdict));
  assert.deepEqual([verdict.attempts, verdict.repeatedEffects], [1, 0]);
});

test("each broken promise is noticed and named", () => {
  const { events } = good;
  const unended = { ...good, status: undefined, result: undefined };
  const twice = { ...good, events: [...events, transition("completed", 30)] };
  const other = { ...good, result: { fence: 2, node: "worker-2" } };
  assert.deepEqual(judged({ ...unended, events: [] }).lost, ["t"]);
  assert.deepEqual(judged(unended).unfinished, ["t"]);
  assert.deepEqual(judged(twice).doubled, ["t"]);
  assert.deepEqual(judged(other).doubled, ["t"]);
  assert.deepEqual(judged(good, { effects: [] }).unfounded, ["t"]);
});

const unread = { tasks: [{ ...task, end: undefined }] };

test("a task that ends without a result is a broken promise, unless it lost its leases as often as it may", () => {
  const without = { ...good, status: "failed", code: "internal", result: undefined };
  const bug = judged(without, unread);
  assert.deepEqual([bug.failed, [...bug.codes], isUpheld(bug)], [["t"], [["internal", 1]], false]);
  assert.equal(
    isUpheld(judged({ ...without, status: "cancelled", code: "cancelled" }, unread)),
    false,
  );
  const lost = (count: number) => {
    const events = Array.from({ length: count }, (_, at) => transition("lease_lost", at));
    return judged({ ...without, code: "POISON", events }, unread);
  };
  assert.deepEqual([lost(3).poisoned, lost(3).failed, isUpheld(lost(3))], [["t"], [], true]);
  assert.deepEqual([lost(2).poisoned, lost(2).failed], [[], ["t"]]);
});

test("no more tasks may be poisoned than the faults can have taken often enough", () => {
  assert.deepEqual(
    [0, 1, 2, 57].map((faults) => poisonedMaxOf(faults, 2)),
    [0, 0, 1, 28],
  );
  const events = [1, 2, 3].map((at) => transition("lease_lost", at));
  const poisoned = { ...good, events, status: "failed", code: "POISON", result: undefined };
  const fault = { atMs: 0, target: "worker-1", act: "kill", forMs: 0, at: 0, backAt: 1 } as const;
  const isPassedAfter = (faults: number) => {
    const done = Array.from({ length: faults }, () => fault);
    const outcome = {
      verdict: judged(poisoned, unread),
      done,
      reruns: [],
      refused: [],
      acknowledged: 1,
    };
    return isPassed(outcome, { tasks: 1, hit: "everything", profile: "default" });
  };
  assert.deepEqual([isPassedAfter(1), isPassedAfter(2)], [false, true]);
});

test("a queue that hands out nothing after control node is back is late, whatever is handed out then", () => {
  const events = [
    transition("running", 1_000, "worker-1"),
    transition("lease_lost", 121_000),
    transition("running", 122_000, "worker-2"),
  ];
  const histories = [{ ...good, events }];
  const control = { target: "control", act: "kill", at: 1_500, backAt: 6_500 } as const;
  const faults = [control, { target: "worker-1", act: "kill", at: 2_000, backAt: 4_000 }] as const;
  const away = awayIn(faults);
  assert.deepEqual(away, [{ from: 1_500, to: 6_500 + takeUpMsMax }]);
  const reruns = rerunsOf({ histories, faults, suspicions: [], away });
  const servedMs = 122_000 - 6_500 - takeUpMsMax;
  assert.deepEqual(
    reruns.map(({ rerun }) => rerun),
    [{ clockMs: 120_000, servedMs }],
  );
  for (const profile of ["default", "fast"] as const) {
    assert.equal(isSoon({ reruns }, { profile, hit: "everything" }), false);
  }
  assert.deepEqual(absenceOf(faults, histories), { untilBackMs: [5_000], takenUpMs: [115_500] });
  assert.deepEqual(awayIn([{ ...control, backAt: undefined }]), []);
});

test("the time until a lost task runs again leaves out when nobody could hand it on", () => {
  const events = [
    transition("running", 1_000, "worker-1"),
    transition("lease_lost", 16_000),
    transition("running", 17_500, "worker-2"),
    transition("completed", 18_000),
  ];
  const faults = [
    { target: "worker-2", act: "kill", at: 1_500, backAt: 2_500 },
    { target: "worker-1", act: "kill", at: 2_000, backAt: 3_000 },
  ] as const;
  const suspicions = [
    { node: "worker-1", at: 1_500 },
    { node: "worker-2", at: 2_500 },
    { node: "worker-1", at: 5_500 },
  ];
  const away = [
    { from: 0, to: 4_000 },
    { from: 3_000, to: 5_000 },
    { from: 17_000, to: 20_000 },
  ];
  const [rerun, ...more] = rerunsOf({
    histories: [{ ...good, events }],
    ...{ away, faults, suspicions },
  });
  assert.deepEqual(more, []);
  assert.deepEqual(rerun, {
    ...{ taskId: "t", node: "worker-1" },
    suspected: { clockMs: 3_500, servedMs: 500 },
    taken: { clockMs: 14_000, servedMs: 11_000 },
    rerun: { clockMs: 15_500, servedMs: 15_500 - 3_000 - 500 },
  });
});

test("a worker is lost when it first stood still for good, however often it is hit then", () => {
  const events = [
    transition("running", 1_000, "worker-1"),
    transition("released", 9_000),
    transition("running", 9_500, "worker-2"),
  ];
  const hit = (act: "kill" | "freeze", at: number, backAt?: number) => ({
    ...{ target: "worker-1", act, at, backAt },
  });
  const lostAt = (...faults: readonly ReturnType<typeof hit>[]) => {
    const record = { histories: [{ ...good, events }], suspicions: [], away: [], faults };
    return rerunsOf(record).map(({ rerun }) => 9_500 - rerun.clockMs);
  };
  assert.deepEqual(lostAt(hit("freeze", 2_000, 3_000), hit("kill", 5_000, 8_000)), [5_000]);
  assert.deepEqual(lostAt(hit("freeze", 2_000), hit("kill", 5_000, 8_000)), [2_000]);
  assert.deepEqual(lostAt(hit("kill", 5_000, 6_000), hit("freeze", 7_000, 8_500)), [5_000]);
  assert.deepEqual(lostAt(hit("freeze", 2_000, 3_000), hit("freeze", 5_000)), [5_000]);
  assert.deepEqual(lostAt(hit("kill", 500, 900)), []);
  // It was handed the task at 1,000, while it stood still.
  assert.deepEqual(lostAt(hit("freeze", 500, 4_000)), [1_000]);
  assert.deepEqual(lostAt(hit("kill", 500, 1_500)), [1_000]);
  assert.deepEqual(lostAt(hit("freeze", 500, 4_000), hit("kill", 6_000, 8_000)), [6_000]);
  assert.deepEqual(lostAt(hit("freeze", 500, 7_000), hit("kill", 6_000, 8_000)), [1_000]);
  assert.deepEqual(lostAt(hit("freeze", 500)), [], "when it could run again was not seen");
});

test("a run is late by the clock where workers alone are hit, else by the time of those who hand on", () => {
  const late = { clockMs: 3_000, servedMs: 2_900 };
  const outcome = {
    reruns: [{ taskId: "t", node: "w", suspected: late, taken: late, rerun: late }],
  };
  assert.equal(isSoon(outcome, { profile: "fast", hit: "everything" }), true);
  assert.equal(isSoon(outcome, { profile: "fast", hit: "workers" }), false);
  assert.equal(isSoon(outcome, { profile: "default", hit: "workers" }), true);
});

test("a seed gives the same plan again, and another seed another one", () => {
  const terms = {
    ...{ seed: 7, seconds: 120, workers: 10 },
    ...({ store: "redis", profile: "default", hit: "everything" } as const),
  };
  const plan = chaosPlan(terms);
  assert.equal(plan.length, 60);
  assert.deepEqual(chaosPlan(terms), plan);
  assert.notDeepEqual(chaosPlan({ ...terms, seed: 8 }), plan);
  assert.ok(plan.some(({ target }) => target === "redis"));
  const onFile = chaosPlan({ ...terms, store: "sqlite" });
  assert.ok(onFile.every(({ target }) => /^(worker-([1-9]|10)|control|gateway)$/.test(target)));
  const onWorkers = chaosPlan({ ...terms, hit: "workers" });
  assert.ok(onWorkers.every(({ target }) => target.startsWith("worker-")));
  assert.ok(onWorkers.some(({ act, forMs }) => act === "freeze" && forMs > 15_000));
  for (const { act, forMs } of plan) {
    const [least, most] = act === "freeze" ? [1_000, 8_000] : [200, 1_500];
    assert.ok(forMs >= least && forMs <= most);
  }
});

test("wrong arguments are told with what to write", () => {
  for (const [args, text] of [
    [["--workers", "0"], /--workers is 0: write a whole number from 1 to 32/],
    [["--tasks", "many"], /--tasks is many/],
    [["--profile", "quick"], /--profile is quick: write default or fast/],
    [["--store", "memory"], /write sqlite or redis/],
    [["--hit", "control"], /--hit is control: write everything or workers/],
    [["--kill"], /--kill/],
  ] as const) {
    const options = optionsOf(args);
    assert.ok(typeof options === "string");
    assert.match(options, text);
  }
});
