import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { DurationHistogram, durationBoundsMs } from "#runtime/observation/duration-histogram.ts";
import { Metrics } from "#runtime/observation/metrics.ts";
import { pathPattern } from "#runtime/observation/path-pattern.ts";
import { actorAt, HandClock, handleOnce } from "./observed-stage.ts";

const bucketOf = (ms: number): number => {
  const histogram = new DurationHistogram();
  histogram.add(ms);
  return histogram.seen().buckets.indexOf(1);
};

test("a length falls into the first bucket whose bound is not below it", () => {
  for (const [index, bound] of durationBoundsMs.entries()) {
    assert.equal(bucketOf(bound), index, `${bound}`);
    assert.equal(bucketOf(bound * 1.001), index + 1, `above ${bound}`);
  }
  assert.equal(bucketOf(0), 0);
  assert.equal(bucketOf(1e300), durationBoundsMs.length);
});

test("an impossible length counts as 0 and does not spoil the sum", () => {
  const histogram = new DurationHistogram();
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2]) histogram.add(ms);
  const { count, sumMs, buckets } = histogram.seen();
  assert.deepEqual([count, sumMs, buckets[0]], [4, 2, 3]);
});

test("messages count by protocol and method, with their ends and times", () => {
  const clock = new HandClock();
  const metrics = new Metrics({ clock });
  const [a, b] = [actorAt("/a"), actorAt("/b")];
  const take = (ms: number) => () => clock.pass(ms);
  handleOnce(metrics, a, { method: "add", meanwhile: take(2) });
  handleOnce(metrics, b, { method: "add", end: "refused", meanwhile: take(1) });
  handleOnce(metrics, b, { method: "add", end: "crashed" });
  handleOnce(metrics, b, { method: "get", end: "left-behind", meanwhile: take(5_000) });
  const [add, get, ...rest] = metrics.snapshot().handlings;
  assert.ok(add && get);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [add.protocol, add.group, add.method, add.done, add.refused, add.crashed, add.leftBehind],
    ["demo.Thing@1", "", "add", 1, 1, 1, 0],
  );
  assert.deepEqual([add.durations.count, add.durations.sumMs], [3, 3]);
  assert.deepEqual([get.leftBehind, get.durations.sumMs], [1, 5_000]);
});

test("handlers in progress at the same time are timed apart, and an unknown token counts nothing", () => {
  const clock = new HandClock();
  const metrics = new Metrics({ clock });
  const actor = actorAt("/a");
  const first = metrics.handling(actor, "get");
  clock.nowMs = 4;
  const second = metrics.handling(actor, "get");
  clock.nowMs = 5;
  metrics.handled(actor, "get", "done", second);
  metrics.handled(actor, "get", "done", second);
  metrics.handled(actor, "get", "done", undefined);
  clock.nowMs = 10;
  metrics.handled(actor, "get", "done", first);
  const [get] = metrics.snapshot().handlings;
  assert.deepEqual([get?.done, get?.durations.sumMs], [2, 11]);
});

test("lives and dead letters are counted", () => {
  const metrics = new Metrics({ clock: new HandClock() });
  const actor = actorAt("/a");
  metrics.spawned(actor);
  metrics.crashed(actor);
  metrics.restarted(actor);
  metrics.ended(actor, { kind: "stopped" });
  for (const reason of ["mailbox_full", "actor_stopped", "mailbox_full"] as const) {
    metrics.dead({ reason, to: "/a", method: "add" });
  }
  const { actors, deadLetters } = metrics.snapshot();
  assert.deepEqual(actors, [
    { protocol: "demo.Thing@1", group: "", spawned: 1, ended: 1, crashes: 1, restarts: 1 },
  ]);
  assert.deepEqual(deadLetters, [
    { reason: "mailbox_full", count: 2 },
    { reason: "actor_stopped", count: 1 },
  ]);
});

test("actors of like paths count together when groups are asked for", () => {
  let asked = 0;
  const groupOf = (path: string): string => {
    asked += 1;
    return pathPattern(path);
  };
  const metrics = new Metrics({ clock: new HandClock(), groupOf });
  const actors = ["/pool/$1f", "/pool/$2a", "/other/worker-12"].map((path) => actorAt(path));
  for (const actor of [...actors, ...actors]) handleOnce(metrics, actor, { method: "add" });
  assert.equal(asked, 3, "asked once an actor");
  assert.deepEqual(
    metrics.snapshot().handlings.map(({ group, done }) => [group, done]),
    [
      ["/pool/*", 4],
      ["/other/worker-*", 2],
    ],
  );
});

test("more series than allowed count as other, so that sums stay right", () => {
  const metrics = new Metrics({ clock: new HandClock(), seriesMax: 2 });
  const actor = actorAt("/a");
  for (const method of ["m1", "m2", "m3", "m4", "m1"]) handleOnce(metrics, actor, { method });
  const strangers = ["x@1", "y@1"].map((protocol) => actorAt("/s", { protocol }));
  for (const stranger of strangers) {
    metrics.spawned(stranger);
    handleOnce(metrics, stranger, { method: "m1" });
  }
  const { handlings, actors, overflowed } = metrics.snapshot();
  assert.deepEqual(
    handlings.map(({ protocol, method, done }) => [protocol, method, done]),
    [
      ["demo.Thing@1", "m1", 2],
      ["demo.Thing@1", "m2", 1],
      ["other", "other", 4],
    ],
  );
  assert.deepEqual(
    actors.map(({ protocol, spawned }) => [protocol, spawned]),
    [
      ["demo.Thing@1", 0],
      ["x@1", 1],
      ["other", 1],
    ],
  );
  assert.ok(overflowed > 0);
});

test("actors beyond those remembered count in the group other until one ends", () => {
  const metrics = new Metrics({ clock: new HandClock(), groupOf: (path) => path, actorsMax: 1 });
  const [a, b] = [actorAt("/a"), actorAt("/b")];
  metrics.spawned(a);
  metrics.spawned(b);
  metrics.ended(a, { kind: "stopped" });
  metrics.restarted(b);
  assert.deepEqual(
    metrics.snapshot().actors.map(({ group, spawned, restarts }) => [group, spawned, restarts]),
    [
      ["/a", 1, 0],
      ["other", 1, 0],
      ["/b", 0, 1],
    ],
  );
});

test("levels are read off the attached system at the time of the look", () => {
  const metrics = new Metrics({ clock: new HandClock() });
  let waiting = 3;
  metrics.attach({
    inspect: () => ({
      path: "/",
      protocol: "root@1",
      waiting: 0,
      children: [
        { path: "/a", protocol: "demo.Thing@1", waiting, waitingBytes: 10, children: [] },
        { path: "/b", protocol: "demo.Thing@1", waiting: 1, children: [] },
      ],
    }),
    counts: { sent: 9, processed: 4, queued: 4, dead: 1, deadBy: { reject: 1 }, inFlight: 0 },
  });
  const levels = () =>
    metrics.snapshot().actors.find(({ protocol }) => protocol === "demo.Thing@1")?.levels;
  assert.deepEqual(levels(), { living: 2, waiting: 4, waitingMax: 3, waitingBytes: 10 });
  waiting = 0;
  assert.deepEqual(levels(), { living: 2, waiting: 1, waitingMax: 1, waitingBytes: 10 });
  assert.equal(metrics.snapshot().messages?.sent, 9);
});

test("options that cannot be are refused by name", () => {
  const clock = new HandClock();
  for (const options of [{ seriesMax: 0 }, { seriesMax: 1.5 }, { actorsMax: Number.NaN }]) {
    const [name = ""] = Object.keys(options);
    assert.throws(
      () => new Metrics({ clock, ...options }),
      (error) =>
        error instanceof Failure && error.code === "invalid" && error.detail.startsWith(name),
    );
  }
});

/** Bytes that `act` leaves behind; less if there was a collection in between. */
function bytesMade(act: () => void): number {
  const before = process.memoryUsage().heapUsed;
  act();
  return process.memoryUsage().heapUsed - before;
}

test("counting makes no garbage once a series exists", () => {
  // Whole milliseconds: a fraction that a clock answers is an object of the clock's making.
  let nowMs = 0;
  const metrics = new Metrics({ clock: { now: () => nowMs } });
  const actor = actorAt("/a");
  const play = (): void => {
    for (let count = 0; count < 200_000; count += 1) {
      nowMs += 1;
      metrics.handled(actor, "add", "done", metrics.handling(actor, "add"));
    }
  };
  for (let warmUp = 0; warmUp < 25; warmUp += 1) play();
  const least = Math.min(...[1, 2, 3, 4, 5].map(() => Math.abs(bytesMade(play))));
  assert.ok(least < 200_000, `${least} bytes for 200 000 messages`);
});
