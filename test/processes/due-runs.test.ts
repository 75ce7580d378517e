// A run that waits for others begins in time for the deadlines of its tasks, with time left for their answers.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { modelConfig, negativesModel, writeModel } from "../actors/inference/engine/onnx-file.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

/** Longer than any deadline here. */
const batching = { itemsMax: 4, delayMs: 1_000 };
const dueMs = 850;
/** A busy machine may be late by more than an engine allows for. */
const triesMax = 6;

const topologyWith =
  (root: string) =>
  ({ http, control }: { readonly http: number; readonly control: number }) =>
    `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
repository: { mode: none, path: ${JSON.stringify(root)} }
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 5, threads: 1 } }
`;

test("a picture that nobody joins is done by its deadline, whoever states it", async (context) => {
  const root = await mkdtemp(join(tmpdir(), "troupe-test-due-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  await writeModel(root, "patient", negativesModel(), { ...modelConfig, batching });
  const { url } = await ClusterProcess.start(context, { workers: 1, topology: topologyWith(root) });
  const picture = await pictureOf(64);
  const repaired = async (): Promise<boolean> => {
    const headers = { "x-troupe-model": "patient", "x-request-timeout": String(dueMs / 1_000) };
    const order = { method: "POST", headers, body: formOf(picture) };
    return (await fetch(`${url}/inpaint`, order)).status === 200;
  };
  const files = { image: picture.image, mask: picture.mask };
  const ended = async (terms: object): Promise<boolean> => {
    const inputs = Object.entries(files).map(([name, bytes]) => ({
      ...{ name, contentType: "image/png", base64: bytes.toString("base64") },
    }));
    const task = { type: "inpaint", model: "patient", maxRetries: 0, parameters: {}, inputs };
    const made = await fetch(`${url}/api/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...task, ...terms }),
    });
    const { taskId } = Compile(Type.Object({ taskId: Type.String() })).Parse(await made.json());
    const end = await (await fetch(`${url}/api/v1/tasks/${taskId}?wait=15`)).text();
    return end.includes('"completed"');
  };
  await isSometimes("X-Request-Timeout", repaired);
  await isSometimes("deadlineMs", () => ended({ deadlineMs: dueMs }));
  await isSometimes("timeoutMs", () => ended({ timeoutMs: dueMs }));
});

async function isSometimes(what: string, act: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < triesMax; tries += 1) if (await act()) return;
  assert.fail(`with ${what} of ${dueMs} ms none of ${triesMax} was in time`);
}
