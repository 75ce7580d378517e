// The end of a node in phases: in which order, and that it always ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { type ShutdownPhase, shutdownPhases } from "#runtime/core/coordinated-shutdown.ts";
import { createPuppets, outcomeOf } from "./puppet.ts";

const codeOf = (promise: Promise<void>): Promise<unknown> => outcomeOf(promise.then(() => "done"));

test("phases follow one another, the tasks of one phase run at once, actors end in stop-actors", async () => {
  const { system, time, puppet, diary } = createPuppets();
  puppet({ stopped: () => void diary.push("actor ends") });
  await time.settle();
  for (const phase of shutdownPhases) {
    system.onShutdown(phase, "one", async () => {
      diary.push(`${phase} one`);
      await new Promise<void>((resolve) => time.createTimers().set(time.now() + 10, resolve));
      diary.push(`${phase} one ends`);
    });
    system.onShutdown(phase, "two", () => void diary.push(`${phase} two`));
  }
  await time.until(system.shutdown());
  const expected = shutdownPhases.flatMap((phase) => [
    ...(phase === "stop-actors" ? ["actor ends"] : []),
    `${phase} one`,
    `${phase} two`,
    `${phase} one ends`,
  ]);
  assert.deepEqual(diary, expected);
  assert.equal(time.now(), 50);
  assert.equal(time.nextAlarmMs, Number.POSITIVE_INFINITY, "no timer is left");
});

test("a task that throws, at once or later or something odd, is logged, and the rest goes on", async () => {
  const { system, time, log, diary } = createPuppets();
  const odd: readonly unknown[] = [
    undefined,
    null,
    "text",
    { code: 1 },
    new Failure("conflict", "so"),
  ];
  for (const [index, error] of odd.entries()) {
    system.onShutdown("refuse-work", `sync ${index}`, () => {
      throw error;
    });
    system.onShutdown("refuse-work", `async ${index}`, () => Promise.reject(error));
  }
  system.onShutdown("leave-cluster", "last", () => void diary.push("last"));
  await time.until(system.shutdown());
  assert.deepEqual(diary, ["last"]);
  assert.equal(log.filter(({ message }) => /failed in the phase/.test(message)).length, 10);
});

test("a task that hangs costs its phase's time and is named", async () => {
  const { system, time, log, diary } = createPuppets();
  system.onShutdown("finish-work", "the endless one", () => new Promise<void>(() => {}));
  system.onShutdown("finish-work", "the quick one", () => {});
  system.onShutdown("close-links", "last", () => void diary.push("last"));
  await time.until(system.shutdown({ "finish-work": 70 }));
  assert.equal(time.now(), 70);
  assert.deepEqual(diary, ["last"]);
  const late = log.find(({ message }) => /did not end in 70 ms/.test(message));
  assert.match(late?.message ?? "", /still at work: the endless one$/);
});

test("actors that will not end cost the time of stop-actors and no more", async () => {
  const { system, time, puppet, diary } = createPuppets();
  puppet({
    stopTimeoutMs: Number.POSITIVE_INFINITY,
    stopped: () => new Promise<void>(() => {}),
  });
  await time.settle();
  system.onShutdown("close-links", "last", () => void diary.push("last"));
  await time.until(system.shutdown({ "stop-actors": 90 }));
  assert.equal(time.now(), 90);
  assert.deepEqual(diary, ["last"]);
});

test("who asks for it again waits for the same end; tasks that come too late are refused", async () => {
  const { system, time, diary } = createPuppets();
  system.onShutdown("refuse-work", "once", () => void diary.push("once"));
  const first = system.shutdown();
  await assert.rejects(
    async () => system.onShutdown("close-links", "late", () => {}),
    (error: unknown) => Failure.of(error).code === "unavailable",
  );
  await time.until(Promise.all([first, system.shutdown(), system.shutdown()]));
  await time.until(system.stop());
  assert.deepEqual(diary, ["once"]);
});

test("a task may ask for the shutdown that it belongs to; it is the same one", async () => {
  const { system, time, diary } = createPuppets();
  let again: Promise<void> | undefined;
  system.onShutdown("refuse-work", "the door", () => {
    diary.push("the door closes");
    again = system.shutdown();
  });
  await time.until(system.shutdown());
  await again;
  assert.deepEqual(diary, ["the door closes"]);
});

test("a task in a phase that there is not is refused", () => {
  const { system } = createPuppets();
  const unknown: ShutdownPhase = JSON.parse('"tea-time"');
  assert.throws(
    () => system.onShutdown(unknown, "tea", () => {}),
    (error: unknown) => /there is no phase "tea-time", only: refuse-work/.test(String(error)),
  );
});

test("a time that is none, or of no phase, is refused and nothing ends", async () => {
  const { system, time, puppet } = createPuppets();
  const alive = puppet();
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    assert.equal(await codeOf(system.shutdown({ "finish-work": ms })), "invalid");
  }
  const unknown: Partial<Record<ShutdownPhase, number>> = JSON.parse('{"tea-time": 5}');
  assert.equal(await codeOf(system.shutdown(unknown)), "invalid");
  assert.equal(await alive.act(() => "alive"), "alive");
  await time.until(system.shutdown());
});

test("after the end nobody is spawned, and messages are dead letters", async () => {
  const { system, time, puppet } = createPuppets();
  const gone = puppet();
  await time.settle();
  await time.until(system.shutdown());
  assert.throws(
    () => puppet(),
    (error: unknown) => Failure.of(error).code === "actor_stopped",
  );
  gone.hint(() => {});
  assert.equal(await outcomeOf(gone.act(() => "alive")), "actor_stopped");
  const { sent, processed, queued, dead, inFlight } = system.counts;
  assert.equal(sent, processed + queued + dead + inFlight);
});
