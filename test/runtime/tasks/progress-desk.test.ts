// Of many reports the newest goes to the store, and none any more for an actor that has ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ProgressDesk } from "#runtime/tasks/progress-desk.ts";

const lease = { taskId: "t1", fence: 1, epoch: "e1" };
const far = (progress: number) => ({ progress, message: null });

function deskOf(rest: () => Promise<void>) {
  const missed: string[] = [];
  const desk = new ProgressDesk({
    store: () => Promise.reject(new Failure("unavailable", "the store is away")),
    lost: () => {},
    holds: () => true,
    rest,
    missed: ({ code }) => missed.push(code),
  });
  return { desk, missed };
}

test("a report that does not reach the store is told, and the next one tries again", async () => {
  let go = (): void => {};
  const { desk, missed } = deskOf(() => new Promise((resolve) => (go = resolve)));
  desk.report(lease, far(0.1));
  await new Promise(setImmediate);
  desk.report(lease, far(0.2));
  desk.report(lease, far(0.3));
  go();
  await new Promise(setImmediate);
  assert.deepEqual(missed, ["unavailable", "unavailable"], "of the two that waited, one goes");
});

test("who ends while a report is on its way leaves no rejection behind", async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on("unhandledRejection", hear);
  const { desk, missed } = deskOf(() =>
    Promise.reject(new Failure("actor_stopped", "this instance has ended")),
  );
  desk.report(lease, far(0.1));
  desk.report(lease, far(0.2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", hear);
  assert.deepEqual([missed, unheard], [["unavailable"], []], "nothing more is told");
});
