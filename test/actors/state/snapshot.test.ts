import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "#actors/state/snapshot-assembly.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { stateOn, submission } from "./state-fixture.ts";

/** Submits, runs and completes tasks until it is told to stop. */
async function busy(store: Ref<Store>, isOver: () => boolean): Promise<void> {
  for (let at = 0; !isOver(); at += 1) {
    await Promise.all([store.submit(submission()), store.submit(submission())]);
    const claim = { node: "w", incarnation: 1, models: ["diffuse"], max: 2 };
    for (const { taskId, fence, epoch } of await store.claim(claim)) {
      if (at % 3 === 0) continue;
      const lease = { taskId, fence, epoch };
      await store.complete({ lease, result: { figures: {}, files: [] } });
    }
  }
}

/** What the log says of each task up to that event: its status and version. */
async function replayed(store: Ref<Store>, eventId: number): Promise<ReadonlyMap<string, string>> {
  const tasks = new Map<string, string>();
  let after = 0;
  for (;;) {
    const { events } = await store.tailEvents({ afterEventId: after, limit: 1_000 });
    for (const event of events) if (event.eventId <= eventId) note(tasks, event);
    after = events.at(-1)?.eventId ?? after;
    if (events.length < 1_000 || after > eventId) return tasks;
  }
}

function note(tasks: Map<string, string>, { taskId, payload }: StoreEvent): void {
  if (taskId === null) return;
  const isLiving = payload.status === "pending" || payload.status === "running";
  if (isLiving) tasks.set(taskId, `${payload.status} ${payload.version}`);
  else tasks.delete(taskId);
}

test("all tasks of a snapshot are as they were at one event, while they change", async (t) => {
  const { store } = await stateOn(t);
  let isOver = false;
  const work = Promise.all([1, 2, 3].map(() => busy(store, () => isOver)));
  for (let round = 0; round < 12; round += 1) {
    const terms = { tasksMax: 10_000, pageTasks: 7, roundsMax: 8 };
    const { cut, tasks } = await assemble((request) => store.cut(request), terms);
    const expected = await replayed(store, cut.eventId);
    const found = tasks.map(({ taskId, status, version }) => [taskId, `${status} ${version}`]);
    const byId = (a: readonly unknown[], b: readonly unknown[]) =>
      String(a[0]) < String(b[0]) ? -1 : 1;
    assert.deepEqual(found.sort(byId), [...expected].sort(byId));
    assert.equal(cut.counts?.running, tasks.filter(({ status }) => status === "running").length);
  }
  isOver = true;
  await work;
});

test("a large snapshot comes in pages of the same moment", async (t) => {
  const { state, store } = await stateOn(t);
  const count = stateLimits.snapshotPageMax + 30;
  await Promise.all(Array.from({ length: count }, () => store.submit(submission())));
  const first = await state.snapshot();
  assert.deepEqual([first.tasksTotal, first.tasks.length], [count, stateLimits.snapshotPageMax]);
  assert.equal(first.counts.pending, count);
  assert.ok(first.next !== null);
  await store.claim({ node: "w", incarnation: 1, models: ["diffuse"], max: 50 });
  const second = await state.snapshotPage({ snapshotId: first.snapshotId, from: first.next });
  assert.deepEqual([second.tasks.length, second.next], [30, null]);
  const all = [...first.tasks, ...second.tasks];
  assert.ok(all.every(({ status }) => status === "pending"));
  assert.equal(new Set(all.map(({ taskId }) => taskId)).size, count);
});

test("more living tasks than a snapshot may hold are refused with what to do", async (t) => {
  const { store } = await stateOn(t);
  await Promise.all(Array.from({ length: 12 }, () => store.submit(submission())));
  const terms = { tasksMax: 10, pageTasks: 5, roundsMax: 8 };
  await assert.rejects(
    assemble((request) => store.cut(request), terms),
    { code: "too_large" },
  );
});
