// The queues of the example that operators read of, in a cluster of processes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess, type Scope } from "./cluster-process.ts";
import { CommandProcess } from "./command-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

const file = (name: string): Promise<string> =>
  readFile(new URL(`../../${name}`, import.meta.url), "utf8");

const Status = Compile(
  Type.Object({
    nodes: Type.Array(Type.Object({ name: Type.String() })),
    queue: Type.Object({
      workers: Type.Array(Type.Object({ node: Type.String() })),
      queues: Type.Array(
        Type.Object({
          queue: Type.String(),
          whenFull: Type.String(),
          fairMs: Type.Integer(),
          completedTotal: Type.Integer(),
        }),
      ),
    }),
  }),
);

const Submitted = Compile(Type.Object({ taskId: Type.String() }));

test("the page for operators shows the queues of the example", async () => {
  const example = await file("examples/topologies/queues.yaml");
  const [queues] = /^queues:\n(?: .*\n)+/m.exec(example) ?? [];
  assert.ok(queues);
  assert.ok((await file("docs/queues.md")).includes(queues));
});

/** Where this model is declared to be heavy, however small the picture. */
const demanding = (example: string): string =>
  example
    .replace("models:\n", "models:\n  - { name: cv2, path: builtin }\n")
    .replace("\nnodes:\n", "\ndemands:\n  - { models: [cv2], classes: [cpu-heavy] }\nnodes:\n");

test("pictures go to the queues of the example by their size and model, and are repaired", {
  timeout: 90_000,
}, async (context) => {
  const example = await file("examples/topologies/queues.yaml");
  const cluster = await ClusterProcess.start(context, {
    workers: 3,
    topology: ({ http, control }) =>
      demanding(example)
        .replace("../../data/queues.sqlite", "tasks.sqlite")
        .replace("port: 8082", `port: ${http}`)
        .replace("127.0.0.1:7800", `127.0.0.1:${control}`),
  });
  const repairs = [
    { side: 64, model: "diffuse" },
    { side: 1_400, model: "diffuse" },
    { side: 64, model: "cv2" },
  ];
  for (const { model, side } of repairs) {
    const body = formOf(await pictureOf(side));
    const headers = { "x-troupe-model": model };
    const response = await fetch(`${cluster.url}/inpaint`, { method: "POST", body, headers });
    await response.arrayBuffer();
    assert.equal(response.status, 200);
  }
  const status: unknown = await (await fetch(`${cluster.url}/api/status`)).json();
  assert.ok(Status.Check(status));
  const { queues, workers } = status.queue;
  const seen = queues.map((one) => [one.queue, one.whenFull, one.fairMs, one.completedTotal]);
  assert.deepEqual(seen, [
    ["default", "reject", 0, 0],
    ["large", "reject", 2_000, 2],
    ["plugins", "block", 0, 0],
    ["small", "evict_lowest", 0, 1],
  ]);
  assert.deepEqual(workers.map(({ node }) => node).sort(), ["heavy-1", "heavy-2", "light"]);
  await waitsInVain(context, cluster.url);
});

/** A task whose skill nobody has is told to whoever asks how the cluster is, until it is cancelled. */
async function waitsInVain(scope: Scope, url: string): Promise<void> {
  const status = async (): Promise<string> => {
    const asked = new CommandProcess(scope, ["status", "--url", url]);
    assert.equal(await asked.ended(), 0);
    return asked.lines.join("\n");
  };
  assert.doesNotMatch(await status(), /no worker can run/);
  const task = { type: "detect-text", model: "diffuse", queue: "small", requiredSkills: ["ocr"] };
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(task);
  const submitted = await fetch(`${url}/api/v1/tasks`, { method: "POST", headers, body });
  const answer: unknown = await submitted.json();
  assert.equal(submitted.status, 202, JSON.stringify(answer));
  assert.ok(Submitted.Check(answer));
  const { taskId } = answer;
  const line = new RegExp(`^small +diffuse +ocr +.* ${taskId} +\\S+: it lacks the skill ocr`, "m");
  assert.match(await status(), line);
  const cancelled = await fetch(`${url}/api/v1/tasks/${taskId}?reason=none`, { method: "DELETE" });
  await cancelled.arrayBuffer();
  assert.ok(cancelled.ok);
  assert.doesNotMatch(await status(), /no worker can run/);
}
