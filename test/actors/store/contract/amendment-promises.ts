// Group P: how a task is described can be changed, version by version; nodes tell of their changes; and
// the store can be read as of one moment.
import assert from "node:assert/strict";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";

const described = {
  name: "bridge",
  description: "without the cables",
  metadata: { album: "rivers", count: 3 },
  affinityTags: ["ssd"],
};
const machine = { hostname: "h", platform: "linux", arch: "x64" };

export function amendmentPromises(fixture: StoreFixture): void {
  const promised = promisesOf(fixture, "P");

  promised(
    "a task is described anew, and keeps it when the store is opened again",
    async (store) => {
      const taskId = await store.created({ userId: "anna" });
      const answer = await store.amend({ taskId, version: 1, changes: described });
      assert.equal(answer.kind, "saved");
      await store.reopen();
      const task = await store.wholeTask(taskId);
      if (task === null) return;
      const { name, description, metadata, affinityTags } = task;
      assert.deepEqual({ name, description, metadata, affinityTags }, described);
      const { events } = await store.readEvents("user:anna", 1);
      assert.deepEqual(
        events.map(({ type, payload }) => [type, payload.version]),
        [["amended", 2]],
      );
    },
  );

  promised("what a change does not name stays as it was", async (store) => {
    const taskId = await store.created({ name: "first", metadata: { one: 1 } });
    await store.amend({ taskId, version: 1, changes: { description: "more" } });
    const task = await store.wholeTask(taskId);
    assert.deepEqual(
      [task?.name, task?.metadata, task?.description],
      ["first", { one: 1 }, "more"],
    );
  });

  promised(
    "of two changes of one version the second changes nothing and is told",
    async (store) => {
      const taskId = await store.created();
      const answers = await Promise.all(
        ["one", "two"].map((name) => store.amend({ taskId, version: 1, changes: { name } })),
      );
      assert.deepEqual(
        answers.map(({ kind }) => kind),
        ["saved", "stale"],
      );
      assert.equal((await store.wholeTask(taskId))?.name, "one");
      const unknown = await store.amend({ taskId: "nobody", version: 1, changes: {} });
      assert.equal(unknown.kind, "not_found");
    },
  );

  promised("a task that was described anew is claimed and completed as before", async (store) => {
    const taskId = await store.created({ priority: 1 });
    await store.amend({ taskId, version: 1, changes: described });
    const lease = await store.leased();
    assert.equal(lease.taskId, taskId);
    await store.complete(lease);
    const ended = await store.wholeTask(taskId);
    assert.deepEqual([ended?.status, ended?.name], ["completed", "bridge"]);
    const late = await store.amend({ taskId, version: 4, changes: { name: "later" } });
    assert.equal(late.kind, "saved");
    assert.equal((await store.wholeTask(taskId))?.status, "completed");
  });

  promised(
    "a node tells each change of its version, and no beat that is as the last",
    async (store) => {
      await store.registerNode({ node: "w1", leaseMs: 10_000, ...machine });
      const figures = { runningTasks: 0, cpuPercent: 1, memoryPercent: 1, diskPercent: 1 };
      const beat = { node: "w1", incarnation: 1, leaseMs: 10_000, ...figures };
      await store.beatNode(beat);
      await store.beatNode({ ...beat, cpuPercent: 50 });
      await store.beatNode({ ...beat, runningTasks: 5 });
      const { events } = await store.readEvents("node:w1", 0);
      assert.deepEqual(
        events.map(({ seq, type, payload }) => [seq, type, payload.version]),
        [
          [1, "online", 1],
          [2, "busy", 2],
        ],
      );
    },
  );

  promised(
    "a cut has the events and the tasks that they are of, as they are then",
    async (store) => {
      const first = await store.created();
      const before = await store.cut({});
      assert.deepEqual(
        before.tasks.map(({ taskId }) => taskId),
        [first],
      );
      const lease = await store.leased();
      const second = await store.created();
      const last = before.events.at(-1)?.eventId ?? 0;
      const after = await store.cut({
        afterEventId: last,
        page: { status: "running", cursor: 0, limit: 10 },
        also: ["counts", "queues", "nodes"],
      });
      assert.deepEqual(after.tasks.map(({ status }) => status).sort(), ["pending", "running"]);
      assert.deepEqual(
        after.page.map(({ taskId }) => taskId),
        [lease.taskId],
      );
      assert.deepEqual([after.counts?.running, after.counts?.pending], [1, 1]);
      assert.equal(after.epoch, store.info.epoch);
      assert.equal(after.eventId, after.events.at(-1)?.eventId);
      const quiet = await store.cut({
        afterEventId: after.events.at(-1)?.eventId ?? 0,
        taskIds: [second, "nobody"],
      });
      assert.deepEqual(
        [quiet.events.length, quiet.tasks.map(({ taskId }) => taskId)],
        [0, [second]],
      );
    },
  );
}
