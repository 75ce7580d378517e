import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "#actors/gateway/http-message.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { stateRoutes } from "#actors/gateway/routes/state-routes.ts";
import { StateService } from "#actors/gateway/state-service.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { State } from "#protocols/tasks/state.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

const asked = (query = "", differences: Readonly<Record<string, string>> = {}): HttpRequest => ({
  ...{ method: "GET", path: "/api/v1/state", query, remote: "127.0.0.1", body: new Uint8Array() },
  headers: new Map(Object.entries({ host: "127.0.0.1:8080", ...differences })),
  signal: new AbortController().signal,
});

test("the whole state is told to programs of this machine, and to nobody else", async (t) => {
  const system = await startLocalSystem({ log: { write: () => {} } });
  t.after(() => system.stop());
  await system.started(system.spawn(StoreActor, { kind: "memory" }));
  system.spawn(StateManager, { mirror: null });
  const service = new StateService();
  const handle = routeRequests(stateRoutes(service));
  await assert.rejects(async () => handle(asked()), { code: "unavailable" });
  const state = await system.lookup(State, "state", 5_000);
  service.use(state);
  while ((await state.statistics()).storeTrouble !== null) await state.sync().catch(() => {});
  const { status, body } = await handle(asked());
  assert.equal(status, 200);
  const told = JSON.parse(String(body));
  assert.deepEqual([told.tasksTotal, told.next, told.mirror], [0, null, { kind: "off" }]);
  const refused = (request: HttpRequest, code: string) =>
    assert.rejects(async () => handle(request), { code });
  await refused(asked("snapshot=gone&from=0"), "not_found");
  await refused(asked("snapshot=gone&from=x"), "invalid");
  for (const alone of ["from=-1", "from=x", "from=0"]) await refused(asked(alone), "invalid");
  await refused(asked("snapshot=gone&from="), "invalid");
  await refused({ ...asked(), remote: "192.0.2.7" }, "forbidden");
  await refused(asked("", { "x-forwarded-for": "192.0.2.7" }), "forbidden");
  await refused(asked("", { origin: "http://127.0.0.1:8080" }), "forbidden");
});
