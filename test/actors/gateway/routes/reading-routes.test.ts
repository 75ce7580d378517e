import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "#actors/gateway/http-message.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { readingRoutes } from "#actors/gateway/routes/reading-routes.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { CopiedReads } from "#actors/state/copied-reads.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { State } from "#protocols/tasks/state.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

const asked = (path: string, query = "", user?: string): HttpRequest => ({
  ...{ method: "GET", path: `/api/v1/state/${path}`, query, remote: "192.0.2.7" },
  body: new Uint8Array(),
  headers: new Map(user === undefined ? [] : [["x-troupe-user", user]]),
  signal: new AbortController().signal,
});

test("single readings are answered with their source, to whoever may see them", async (t) => {
  const system = await startLocalSystem({ log: { write: () => {} } });
  t.after(() => system.stop());
  await system.started(system.spawn(StoreActor, { kind: "memory" }));
  await system.started(system.spawn(QueueManager, { queues: [] }));
  system.spawn(StateManager, { mirror: null });
  const reads = new CopiedReads(null, () => 1_000);
  const handle = routeRequests(readingRoutes(reads));
  const refused = (request: HttpRequest, code: string) =>
    assert.rejects(async () => handle(request), { code });
  await refused(asked("counts"), "unavailable");
  const state = await system.lookup(State, "state", 5_000);
  reads.use(state);
  while ((await state.statistics()).storeTrouble !== null) await state.sync().catch(() => {});
  const submission = { type: "inpaint", model: "diffuse", parameters: {}, inputs: [] };
  const { taskId } = await state.addTask({ ...submission, userId: "anna" });
  const told = async (path: string, query?: string, user?: string) => {
    const { body, status } = await handle(asked(path, query, user));
    assert.equal(status, 200);
    return JSON.parse(String(body));
  };
  const task = await told(`tasks/${taskId}`, "", "anna");
  assert.deepEqual([task.value.taskId, task.source, task.isStale], [taskId, "embedded", false]);
  await refused(asked(`tasks/${taskId}`, "", "bert"), "not_found");
  assert.equal((await told("counts", "maxAgeMs=0")).value.pending, 1);
  assert.deepEqual((await told("nodes")).value, []);
  assert.equal((await told("queues")).value[0].queue, "default");
  for (const path of ["tasks", "tasks/nobody", "tasks/a/b", "nodes/x", "", "others"]) {
    await refused(asked(path), "not_found");
  }
  for (const age of ["", "-1", "x", "1.5"]) {
    await refused(asked("counts", `maxAgeMs=${age}`), "invalid");
  }
  const { server, source, readsTotal } = await reads.standing();
  assert.deepEqual([server, source, readsTotal.redis], [null, "embedded", 0]);
});
