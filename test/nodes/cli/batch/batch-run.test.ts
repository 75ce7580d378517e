// The lanes of a batch on a clock that a test turns: which trouble is one picture's, and which everybody's.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { type BatchOrder, type BatchPorts, runBatch } from "#nodes/cli/batch/batch-run.ts";
import { FinishedFiles } from "#nodes/cli/batch/finished-file.ts";
import { OfferedModels, unofferedMsMax } from "#nodes/cli/batch/offered-models.ts";
import type { PictureRecord } from "#nodes/cli/batch/picture-record.ts";
import { repairTask } from "#nodes/cli/batch/repair-terms.ts";
import { Failure } from "#protocols/failure.ts";

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const figures = { task: null, node: null, attempt: 1, queueMs: 0, runMs: 0, totalMs: 0 };

const idleQueue = {
  ...{ scheduled: 0, pending: 3, running: 0, completed: 0, failed: 0, cancelled: 0 },
  completedPerSecond: 0,
};

async function batchOf(context: TestContext, names: readonly string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-lanes-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of names) await writeFile(path.join(folder, name), name);
  const order: BatchOrder = {
    walk: { folder, depth: "flat", leftOut: [] },
    taskOf: async (name) => {
      const [image, mask] = [await readFile(path.join(folder, name)), Buffer.from("mask")];
      return repairTask(
        { name, image, mask },
        { model: "diffuse", versions: [1], strategy: undefined },
      );
    },
    out: path.join(folder, "out"),
    present: "kept",
    concurrency: 2,
  };
  const stop = new AbortController();
  const records: PictureRecord[] = [];
  let nowMs = 0;
  const portsWith = (submit: BatchPorts["client"]["submit"]): BatchPorts => ({
    client: {
      submit,
      repairedBy: async () => {
        await soon();
        const isAlone = records.length < names.length - 1;
        if (isAlone) return { kind: "pending" };
        const bytes = Buffer.from("repaired");
        return { kind: "repaired", repaired: { bytes, contentType: "image/png", figures } };
      },
    },
    signal: stop.signal,
    stop: () => stop.abort(),
    troubled: () => {},
    pause: (ms) => {
      nowMs += ms;
      return soon();
    },
    now: () => nowMs,
    offered: { isGone: false, confirm: async () => undefined },
    files: new FinishedFiles(),
    record: (record) => records.push(record),
  });
  const now = () => nowMs;
  return { order, portsWith, records, now };
}

test("a picture that the cluster never answers for has failed while it answers for others", async (context) => {
  const { order, portsWith, records } = await batchOf(context, ["a.png", "b.png"]);
  const ports = portsWith(async (form) => {
    const task = String(form.get("task"));
    if (task.includes("a.png")) throw new Failure("unavailable", "a fault of ours");
    return { taskId: "t", task: "/t", isReplay: false };
  });
  await runBatch(order, ports);
  const ends = records.map(({ picture, status }) => [picture, status]);
  assert.deepEqual(ends, [
    ["a.png", "failed"],
    ["b.png", "repaired"],
  ]);
});

test("when it answers nobody the batch ends, and no picture is said to have failed", async (context) => {
  const { order, portsWith, records } = await batchOf(context, ["a.png", "b.png", "c.png"]);
  const ports = portsWith(() => Promise.reject(new Failure("unavailable", "nobody listens")));
  await assert.rejects(runBatch(order, ports), /unavailable: nobody listens/);
  assert.deepEqual(records, []);
});

test("a model that nobody offers any more ends the batch, and says what to do", async (context) => {
  const { order, portsWith, records, now } = await batchOf(context, ["a.png", "b.png", "c.png"]);
  const taken = { taskId: "t", task: "/t", isReplay: false };
  const ports = portsWith(() => Promise.resolve(taken));
  let models = ["diffuse"];
  let looks = 0;
  const status = async () => {
    looks += 1;
    if (now() > 60_000) models = [];
    // One that does not answer for a while says nothing of its models.
    if (now() > 70_000 && now() < 90_000) throw new Failure("unavailable", "not now");
    return { cluster: "c", uptimeMs: 1, model: "diffuse", models, nodes: [], queue: idleQueue };
  };
  const offered = new OfferedModels({ status }, ["diffuse"], now);
  const repairedBy = async () => {
    await ports.pause(5_000);
    return { kind: "pending" } as const;
  };
  const client = { ...ports.client, repairedBy };
  await assert.rejects(
    runBatch(order, { ...ports, client, offered }),
    /unavailable: no worker has offered the model diffuse for 60 s: load it \(troupe models load/,
  );
  assert.deepEqual(records, []);
  assert.ok(now() >= 60_000 + unofferedMsMax && now() < 90_000 + unofferedMsMax, `${now()}`);
  assert.ok(looks <= 2 + now() / 10_000, `${looks} looks in ${now()} ms`);
});

test("a folder of results that cannot be written to ends the batch", async (context) => {
  const { order, portsWith, records } = await batchOf(context, ["a.png"]);
  const ports = portsWith(() => Promise.resolve({ taskId: "t", task: "/t", isReplay: false }));
  const out = path.join(order.walk.folder, "a.png", "out");
  await assert.rejects(runBatch({ ...order, out }, ports), /unavailable: cannot write/);
  assert.deepEqual(records, []);
});

test("of two pictures with one name of a result, the one that would take it from the other fails", async (context) => {
  const { order, portsWith, records } = await batchOf(context, ["p.avif", "p.avif.jpg"]);
  const ports = portsWith(() => Promise.resolve({ taskId: "t", task: "/t", isReplay: false }));
  await runBatch(order, ports);
  const told = records.map(({ picture, status }) => `${picture} ${status}`).sort();
  assert.deepEqual(told, ["p.avif failed", "p.avif.jpg repaired"]);
});
