import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "#actors/gateway/http-message.ts";
import { ModelService } from "#actors/gateway/model-service.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { modelRoutes } from "#actors/gateway/routes/model-routes.ts";
import { Failure } from "#protocols/failure.ts";
import { model, openRepository, version } from "../../inference/repository/repository-stage.ts";
import { sampleCapability } from "../../registry/sample-capability.ts";

const worker = (name: string, terms: { slots?: number; status?: string } = {}) => ({
  ...{ name, status: terms.status ?? "online" },
  capabilities: { ...sampleCapability, slots: terms.slots ?? 2 },
});
const ownWorker = (name: string, models: string[]) => ({
  ...worker(name),
  capabilities: { ...sampleCapability, models, worker: "task-worker" as const },
});

const asked = (path: string, order?: object, headers: object = {}): HttpRequest => ({
  ...{ method: order ? "POST" : "GET", path, query: "", remote: "127.0.0.1" },
  headers: new Map<string, string>(
    Object.entries({ host: "127.0.0.1:8080", "content-type": "application/json", ...headers }),
  ),
  body: Buffer.from(order ? JSON.stringify(order) : ""),
  signal: new AbortController().signal,
});

async function stage(views = [worker("worker-1")]) {
  const repository = openRepository([model([version(1), version(2)])], {
    ...{ mode: "explicit", load: ["eraser"] },
  });
  await repository.until(repository.models.settled());
  const service = new ModelService({
    nodes: async () => views,
    modelRepository: async (node) => {
      if (node === "worker-1") return repository.models;
      throw new Failure("unavailable", "it is not there just now");
    },
  });
  const handle = routeRequests(modelRoutes(service));
  return {
    repository,
    tell: async (request: HttpRequest) => {
      const { status, body } = await repository.until(Promise.resolve(handle(request)));
      return { status, told: JSON.parse(String(body)) };
    },
    handle,
  };
}

test("models are told by name, version and node, and who does not say is named", async () => {
  const views = [
    worker("worker-1"),
    worker("worker-2"),
    worker("gateway", { slots: 0 }),
    worker("worker-3", { status: "offline" }),
  ];
  const { repository, tell } = await stage(views);
  const { status, told } = await tell(asked("/api/models"));
  assert.equal(status, 200);
  assert.deepEqual(
    told.models.map(
      ({ node, name, version: number, state, isDefault }: Record<string, unknown>) =>
        `${node} ${name} ${number} ${state} ${isDefault}`,
    ),
    ["worker-1 eraser 1 UNAVAILABLE false", "worker-1 eraser 2 READY true"],
  );
  assert.deepEqual(told.silent, [
    { node: "worker-2", failure: { code: "unavailable", detail: "it is not there just now" } },
  ]);
  await repository.stop();
});

test("a worker of one's own is told by what it serves, and is asked for no repository", async () => {
  const views = [worker("worker-1"), ownWorker("napper", ["nap"])];
  const { repository, tell } = await stage(views);
  const { told } = await tell(asked("/api/models"));
  assert.deepEqual([told.own, told.silent], [[{ node: "napper", models: ["nap"] }], []]);
  const order = await tell(asked("/api/models/eraser/load", {}));
  assert.deepEqual(order.told.nodes, [{ node: "worker-1", value: "ok" }]);
  await repository.stop();
  const alone = await stage([ownWorker("napper", ["nap"])]);
  assert.deepEqual((await alone.tell(asked("/api/models"))).told, {
    ...{ models: [], silent: [] },
    own: [{ node: "napper", models: ["nap"] }],
  });
  const reload = asked("/api/models/nap/reload", { node: "napper" });
  await assert.rejects(async () => alone.handle(reload), /napper has a worker of its own/);
  await alone.repository.stop();
});

test("an order is answered when it is done, and says how it ended on each node", async () => {
  const { repository, tell } = await stage([worker("worker-1"), worker("worker-2")]);
  const { told } = await tell(asked("/api/models/eraser/unload", {}));
  assert.deepEqual(told.nodes, [
    { node: "worker-1", value: "ok" },
    { node: "worker-2", failure: { code: "unavailable", detail: "it is not there just now" } },
  ]);
  assert.equal(repository.script.alive, 0);
  const one = await tell(asked("/api/models/eraser/load", { node: "worker-1" }));
  assert.deepEqual(one.told.nodes, [{ node: "worker-1", value: "ok" }]);
  const absent = await tell(asked("/api/models/lama/load", { node: "worker-1" }));
  assert.equal(absent.told.nodes[0].failure.code, "not_found");
  const statistics = await tell(asked("/api/models/eraser/statistics"));
  assert.equal(statistics.told.nodes[0].value[0].version, 2);
  await repository.stop();
});

test("orders come from this machine only, and are like one", async () => {
  const { repository, handle } = await stage();
  const refused = (request: HttpRequest, code: string) =>
    assert.rejects(async () => handle(request), { code });
  await refused({ ...asked("/api/models/eraser/load", {}), remote: "192.0.2.7" }, "invalid");
  await refused(asked("/api/models/eraser/load", {}, { origin: "http://x" }), "invalid");
  await refused(asked("/api/models/eraser/load", { nodes: [] }), "invalid");
  await refused(asked("/api/models/eraser/explode", {}), "not_found");
  await refused(asked("/api/models/..%2fsecret/load", {}), "not_found");
  await refused(asked("/api/models/eraser/load", { node: "worker-9" }), "not_found");
  await refused(asked("/api/models/eraser"), "not_found");
  await repository.stop();
});
