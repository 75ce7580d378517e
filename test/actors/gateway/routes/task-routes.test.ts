import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "#actors/gateway/http-message.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { taskRoutes } from "#actors/gateway/routes/task-routes.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import { completed, failed, StandInService } from "../stand-in-service.ts";

const task = (taskId: string, status: TaskStatus): TaskView => ({
  taskId,
  type: "inpaint",
  name: "inpaint",
  model: "diffuse",
  queue: "default",
  status,
  priority: 2,
  attempt: 1,
  retryCount: 0,
  maxRetries: 3,
  lostLeases: 0,
  fairKey: null,
  retry: null,
  isEvictable: true,
  assignedNode: null,
  userId: null,
  parentId: null,
  submittedAt: 1,
  runAt: 1,
  startedAt: null,
  finishedAt: null,
  deadlineAt: null,
  cancelRequestedAt: null,
  errorCode: null,
  error: null,
  progress: null,
  progressMessage: null,
  version: 1,
});

function get(path: string) {
  const service = new StandInService();
  service.tasks = [
    task("task-0", "running"),
    task("task-1", "completed"),
    task("task-2", "failed"),
  ];
  service.endings = [
    completed(Buffer.from("picture"), "image/png"),
    failed("size_mismatch", "sizes"),
  ];
  const request: HttpRequest = {
    method: "GET",
    path,
    query: "",
    headers: new Map(),
    body: Buffer.alloc(0),
    signal: new AbortController().signal,
  };
  return routeRequests(taskRoutes(service))(request);
}

test("a task is told as it stands", async () => {
  const response = await get("/api/tasks/task-0");
  assert.equal(response.status, 200);
  assert.deepEqual(JSON.parse(response.body.toString()), task("task-0", "running"));
});

test("the result of a task that has not ended is 202 with the task and a time to come again", async () => {
  const response = await get("/api/tasks/task-0/result");
  assert.equal(response.status, 202);
  assert.equal(response.headers["Retry-After"], "1");
});

test("the result of a completed task is its file", async () => {
  const response = await get("/api/tasks/task-1/result");
  assert.equal(response.status, 200);
  assert.equal(response.headers["Content-Type"], "image/png");
  assert.equal(response.body.toString(), "picture");
});

test("the result of a failed task is its failure under the code's status", async () => {
  const response = await get("/api/tasks/task-2/result");
  assert.equal(response.status, 400);
  assert.deepEqual(JSON.parse(response.body.toString()), {
    error: { code: "size_mismatch", detail: "sizes" },
  });
});

test("what is no task is 404", async () => {
  for (const path of [
    "/api/tasks/",
    "/api/tasks/x",
    "/api/tasks/task-1/more",
    "/api/tasks/a%20b",
  ]) {
    const response = await get(path);
    assert.equal(response.status, 404, path);
    assert.match(response.body.toString(), /no task/);
  }
});
