import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskCache } from "#actors/state/task-cache.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";

const task = (taskId: string, status: TaskStatus = "pending", version = 1): TaskView => ({
  ...{ taskId, status, version, type: "t", name: "", model: "m", queue: "default", priority: 2 },
  ...{ attempt: 0, retryCount: 0, maxRetries: 3, lostLeases: 0, assignedNode: null, userId: null },
  ...{ fairKey: null, retry: null, isEvictable: true },
  ...{ parentId: null, submittedAt: 0, runAt: 0, startedAt: null, finishedAt: null },
  ...{ deadlineAt: null, cancelRequestedAt: null, errorCode: null, error: null },
  ...{ progress: null, progressMessage: null },
});
const cacheOf = (tasksMax = 3): TaskCache =>
  new TaskCache({ tasksMax, livingMs: 100, endedMs: 10 });

test("when there is one too many an ended one leaves, else the one asked for longest ago", () => {
  const cache = cacheOf();
  cache.put(task("a"), 1);
  cache.put(task("b", "completed"), 2);
  cache.put(task("c"), 3);
  cache.put(task("d"), 4);
  assert.deepEqual([cache.get("b", 4), cache.size], [undefined, 3]);
  cache.get("a", 5);
  cache.put(task("e"), 6);
  assert.equal(cache.get("c", 6), undefined);
  assert.ok(cache.get("a", 6) && cache.get("d", 6) && cache.get("e", 6));
  assert.equal(cache.evictedTotal, 2);
});

test("an older version does not take the place of a newer one", () => {
  const cache = cacheOf();
  cache.put(task("a", "running", 3), 1);
  cache.put(task("a", "pending", 2), 2);
  assert.equal(cache.get("a", 2)?.task.version, 3);
  cache.put(task("a", "completed", 4), 3);
  assert.deepEqual([cache.get("a", 3)?.task.status, cache.size], ["completed", 1]);
});

test("a living task is kept while it is asked for, an ended one only for its time", () => {
  const cache = cacheOf();
  cache.put(task("a"), 0);
  cache.put(task("b", "failed"), 0);
  cache.get("a", 50);
  cache.get("b", 9);
  cache.expire(10);
  assert.deepEqual([cache.get("b", 10), cache.expiredTotal], [undefined, 1]);
  cache.expire(109);
  assert.ok(cache.get("a", 109));
  cache.expire(209);
  assert.equal(cache.size, 0);
});
