// A gateway with a queue, a node registry and a worker node's repository, as HTTP sees them: which plugins it
// offers and runs, and for which models it waits.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { Failure } from "#protocols/failure.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import {
  type ModelIndexEntry,
  ModelRepository,
  modelRepositoryName,
} from "#protocols/tasks/model-repository.ts";
import { Actor } from "#runtime/core/actor.ts";
import { textFile, textOf } from "../queue/queue-bench.ts";
import { leaseOf } from "../queue/queue-fixture.ts";
import { sampleCapability, sampleLoad } from "../registry/sample-capability.ts";
import { apiOn } from "./api-bench.ts";

/** Of the node that it is on; what it says is the test's. */
class RepositoryDouble
  extends Actor<ModelRepository, { readonly says: () => readonly ModelIndexEntry[] }>
  implements Handlers<ModelRepository>
{
  static readonly protocol = ModelRepository;
  static initial = (says: () => readonly ModelIndexEntry[]) => ({ says });
  override async start(): Promise<void> {
    await this.ctx.register(modelRepositoryName(this.ctx.node.name));
  }
  index(): readonly ModelIndexEntry[] {
    return this.state.says();
  }
  metadata(): never {
    throw new Failure("not_found", "not asked for here");
  }
  config(): never {
    throw new Failure("not_found", "not asked for here");
  }
  statistics(): never {
    throw new Failure("not_found", "not asked for here");
  }
  load(): Ack {
    return ack;
  }
  unload(): Ack {
    return ack;
  }
  reload(): Ack {
    return ack;
  }
}

const entry = (name: string, kind: string, state: ModelIndexEntry["state"]): ModelIndexEntry => ({
  ...{ name, kind, state, version: 1, isDefault: true, aliases: [`${name}@1`] },
  ...{ reason: state === "READY" ? "" : "it is broken", notes: [] },
});

async function stage(context: TestContext) {
  const api = await apiOn(context);
  const node = api.system.node.name;
  const models: ModelIndexEntry[] = [
    entry("diffuse", "inpaint", "READY"),
    entry("makegif", "make-gif", "READY"),
    entry("u2net", "remove-background", "UNAVAILABLE"),
  ];
  const { crashesInMinute: _, ...load } = sampleLoad;
  const probe = { pid: 7, load: () => load };
  api.system.spawn(NodeAgentActor, { capabilities: sampleCapability, probe });
  api.system.spawn(RepositoryDouble, () => models);
  const registry = api.system.spawn(NodeRegistryActor, { heartbeatMs: 100 });
  await api.system.started(registry);
  const worker = await api.worker(node, { models: ["diffuse", "makegif"] });
  while ((await api.call("/api/models")).body.models === undefined);
  return { ...api, node, models, worker };
}

function gifForm(name: string): FormData {
  const form = new FormData();
  form.set("name", name);
  form.set("filename", "photo.jpg");
  form.set("image", new Blob(["before"]), "photo.jpg");
  form.set("clean_img", new Blob(["after"]), "photo.jpg");
  return form;
}

const repairForm = (): FormData => {
  const form = new FormData();
  form.set("image", new Blob(["i"]), "i.png");
  form.set("mask", new Blob(["m"]), "m.png");
  return form;
};

test("a plugin that a worker's models run is offered, run as a task, and withdrawn with its client", async (context) => {
  const { call, node, queue, worker, models } = await stage(context);
  const post = (name: string, init: RequestInit = {}) =>
    call("/run_plugin", { method: "POST", body: gifForm(name), ...init });
  assert.deepEqual((await call("/server_config")).body.plugins, ["MakeGIF"]);
  // This system knows no chance, so that tasks have keys of their own.
  const answer = post("MakeGIF", { headers: { "idempotency-key": "gif" } });
  const lease = await worker.next();
  assert.deepEqual([lease.type, lease.model], ["make-gif", "makegif"]);
  assert.equal(textOf(lease.inputs, "image") + textOf(lease.inputs, "clean"), "beforeafter");
  const files = [{ ...textFile("image", "gif"), contentType: "image/gif" }];
  await queue.complete({ node, lease: leaseOf(lease), result: { figures: {}, files } });
  const { status, headers, body } = await answer;
  assert.deepEqual([status, body.text, headers.get("content-type")], [200, "gif", "image/gif"]);
  assert.equal(headers.get("content-disposition"), "attachment; filename=photo.jpg");

  const unserved = await post("RemoveBG");
  assert.deepEqual([unserved.status, unserved.body.text], [500, "Plugin not found"]);
  const leaving = new AbortController();
  const left = post("MakeGIF", { signal: leaving.signal, headers: { "x-troupe-user": "ada" } });
  const second = await worker.next();
  leaving.abort();
  await assert.rejects(left);
  assert.equal((await worker.asked()).taskId, second.taskId);

  models.splice(1, 1);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.deepEqual((await call("/server_config")).body.plugins, []);
});

test("a picture that cannot be read is a page on the original's routes, and JSON with a 400 on ours", async (context) => {
  const { call, node, queue, worker } = await stage(context);
  const detail = "the image is cut off; send it anew";
  const failure = { class: "validation", code: "bad_image", detail } as const;
  const fail = async () => queue.fail({ node, lease: leaseOf(await worker.next()), failure });
  const asked = call("/run_plugin", {
    ...{ method: "POST", body: gifForm("MakeGIF"), headers: { "idempotency-key": "one" } },
  });
  await fail();
  const { status, headers, body } = await asked;
  assert.deepEqual([status, body.text], [500, errorPage(500)]);
  assert.equal(headers.get("x-troupe-detail"), detail);
  const order = { method: "POST", body: repairForm() };
  const own = { prefer: "respond-async", "idempotency-key": "two" };
  const taken = await call("/inpaint", { ...order, headers: own });
  await fail();
  const { taskId } = taken.body;
  for (const path of [
    `/api/v1/tasks/${taskId}/files/image?wait=20`,
    `/api/v1/tasks/${taskId}/result`,
    `/api/tasks/${taskId}/result`,
  ]) {
    const refused = await call(path);
    assert.equal(refused.status, 400, path);
    assert.deepEqual(refused.body.error, { code: "bad_image", detail });
  }
});

test("a mistyped model is refused at once, and one that is loading is waited for", async (context) => {
  const { call, models, worker } = await stage(context);
  const repair = (model: string, more = {}) =>
    call("/inpaint", {
      ...{ method: "POST", body: repairForm() },
      headers: { "x-troupe-model": model, "idempotency-key": model, ...more },
    });
  const typo = await repair("difuse");
  const said = "there is no model difuse; offered are: diffuse, makegif";
  assert.deepEqual([typo.status, typo.body.text], [400, said]);
  const later = await repair("difuse", { prefer: "respond-async" });
  assert.deepEqual([later.status, later.body.text], [400, said]);
  const broken = await repair("u2net");
  assert.deepEqual([broken.status, broken.headers.get("retry-after")], [503, "2"]);
  assert.match(String(broken.body.text), /^the model u2net is not ready \(\S+: it is broken\)/);
  models.push(entry("lama", "inpaint", "LOADING"));
  await new Promise((resolve) => setTimeout(resolve, 600));
  const loading = await repair("lama", { prefer: "respond-async" });
  assert.equal(loading.status, 202);
  const offered = repair("diffuse");
  assert.equal((await worker.next()).model, "diffuse");
  void offered.catch(() => undefined);
});
