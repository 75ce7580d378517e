// Which models a batch over HTTP is taken for, by a cluster of real processes.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { publishScripted } from "./scripted-model.ts";

const Taken = Compile(
  Type.Object({ batch: Type.String(), taken: Type.Integer(), refused: Type.Integer() }),
);
const Standing = Compile(
  Type.Object({ isEnded: Type.Boolean(), counts: Type.Record(Type.String(), Type.Integer()) }),
);
const Refused = Compile(
  Type.Object({ error: Type.Object({ code: Type.String(), detail: Type.String() }) }),
);
const Stored = Compile(Type.Object({ tasks: Type.Array(Type.Unknown()) }));

const pictures = (): FormData => {
  const form = new FormData();
  for (const name of ["image", "image", "mask"]) form.append(name, new Blob([name]), "a.png");
  return form;
};

const ordered = (order: object): FormData => {
  const form = pictures();
  const items = [{ files: { image: "image", mask: "mask" } }];
  form.set("batch", JSON.stringify({ items, ...order }));
  return form;
};

/** `quick` is loaded; `slow` is not, and takes its time; `absent` is of the topology, and on no node. */
async function clusterOf(context: TestContext) {
  const root = await mkdtemp(join(tmpdir(), "troupe-test-batch-models-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  await publishScripted(root, "quick", { kind: "inpaint" });
  await publishScripted(root, "slow", { kind: "inpaint", loadMs: 3_000 });
  const topology = ({ http, control }: { readonly http: number; readonly control: number }) => `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
repository: { mode: explicit, path: ${root}, load: [ quick ] }
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 2, threads: 1 } }
`;
  const cluster = await ClusterProcess.start(context, { workers: 1, topology });
  const { url } = cluster;
  const call = async <T extends TSchema>(
    check: ReturnType<typeof Compile<T>>,
    path: string,
    init: RequestInit = {},
  ) => {
    const headers = { "x-troupe-user": "ada", ...Object(init.headers) };
    const response = await fetch(`${url}/api/v1/${path}`, { ...init, headers });
    const body: unknown = await response.json();
    if (check.Check(body)) return { status: response.status, body };
    assert.fail(JSON.stringify(body));
  };
  const batchOf = (body: FormData, model?: string): RequestInit => ({
    ...{ method: "POST", body },
    headers: model === undefined ? {} : { "x-troupe-model": model },
  });
  return {
    cluster,
    refused: (body: FormData, model?: string) => call(Refused, "batches", batchOf(body, model)),
    taken: (body: FormData, model?: string) => call(Taken, "batches", batchOf(body, model)),
    standing: (batch: string) => call(Standing, `${batch.replace("/api/v1/", "")}?wait=20`),
    stored: async () => (await call(Stored, "tasks?user=ada")).body.tasks.length,
  };
}

test("a batch for a model that nobody has is refused as a whole, and nothing of it is stored", {
  timeout: 90_000,
}, async (context) => {
  const { refused, stored, taken, standing } = await clusterOf(context);
  const done = await taken(pictures(), "quick");
  assert.deepEqual([done.status, done.body.taken], [202, 2]);
  assert.deepEqual((await standing(done.body.batch)).body.counts, { completed: 2 });
  const unknown = await refused(pictures(), "nosuch");
  assert.equal(unknown.status, 400);
  assert.deepEqual(unknown.body.error, {
    code: "invalid",
    detail: "none of the 2 items could be taken: there is no model nosuch; offered are: quick",
  });
  const inCommon = await refused(ordered({ model: "nosuch" }), "quick");
  assert.match(inCommon.body.error.detail, /^none of the 1 items .* no model nosuch;/);
  const unready = await refused(pictures(), "slow");
  assert.deepEqual([unready.status, unready.body.error.code], [503, "unavailable"]);
  assert.match(unready.body.error.detail, /the model slow is not ready \(worker: .*offered are: q/);
  const items = [{ files: { image: "image", mask: "mask" }, model: "quick" }];
  const byItem = await refused(ordered({ items }));
  assert.match(byItem.body.error.detail, /items\.0\.model|items\[0\]/);
  assert.equal(await stored(), 2);
});

test("a batch for a model that is being loaded, or whose worker comes back, is taken and done", {
  timeout: 120_000,
}, async (context) => {
  const { cluster, taken, standing } = await clusterOf(context);
  const loading = troupe("models", "load", "slow", "--url", cluster.url);
  const early = await taken(pictures(), "slow");
  assert.equal(early.status, 202);
  assert.equal((await loading).exitCode, 0);
  assert.deepEqual((await standing(early.body.batch)).body.counts, { completed: 2 });
  await cluster.kill("worker");
  const orphaned = await taken(ordered({ model: "quick" }));
  assert.equal(orphaned.status, 202);
  assert.deepEqual((await standing(orphaned.body.batch)).body.counts, { completed: 1 });
});
