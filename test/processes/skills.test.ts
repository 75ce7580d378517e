// Skills of a cluster of processes, as its users see and change them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { type ClusterOptions, ClusterProcess } from "./cluster-process.ts";
import { stateOf } from "./elastic-cluster.ts";

const module = fileURLToPath(new URL("./reader-worker.ts", import.meta.url));
const reader = (name: string, skills: string): string => `  - name: ${name}
    bind: tcp://127.0.0.1:*
    settings: { slots: 1, skills: [${skills}] }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - { supervisor: workers, children: [ { actor: task-worker, module: ${module} } ] }
`;
type Ports = Parameters<NonNullable<ClusterOptions["topology"]>>[0];

const clusterOf =
  (workers: string) =>
  ({ http, control }: Ports): string =>
    `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
${workers}`;

const painterAndReaders = `\
  - { name: painter, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 1, threads: 1 } }
${reader("fair", "detect-text, { skill: ocr, level: 0.5 }")}${reader("good", "ocr")}
skills:
  - { name: ocr, dependsOn: [detect-text], version: "2" }
  - { name: detect-text }
`;

const Made = Compile(Type.Object({ taskId: Type.String() }));
const Standing = Compile(Type.Object({ status: Type.String() }));
const Result = Compile(
  Type.Object({ figures: Type.Object({ node: Type.String(), attempt: Type.Integer() }) }),
);
const Groups = Compile(
  Type.Object({ groups: Type.Array(Type.Object({ nodes: Type.Array(Type.String()) })) }),
);

function tasksAt(url: string) {
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}`)).json();
  const submit = async (order: object): Promise<string> => {
    const response = await fetch(`${url}/api/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type: "read", model: "reader", ...order }),
    });
    const made: unknown = await response.json();
    assert.ok(Made.Check(made), JSON.stringify(made));
    return made.taskId;
  };
  const ended = async (taskId: string) => {
    await get(`api/v1/tasks/${taskId}?wait=30`);
    const result = await get(`api/v1/tasks/${taskId}/result`);
    assert.ok(Result.Check(result), JSON.stringify(result));
    return result.figures;
  };
  const statusOf = async (taskId: string): Promise<string> => {
    const task = await get(`api/v1/tasks/${taskId}?wait=2`);
    assert.ok(Standing.Check(task));
    return task.status;
  };
  const running = async (taskId: string): Promise<void> => {
    while ((await stateOf(url, taskId)) !== "running") await pause(50);
  };
  const cancel = async (taskId: string): Promise<void> => {
    await fetch(`${url}/api/v1/tasks/${taskId}`, { method: "DELETE" });
    while ((await stateOf(url, taskId)) !== "cancelled") await pause(50);
  };
  return { submit, ended, statusOf, running, cancel };
}

/** Until all nodes have told what they can. */
async function listed(url: string, ...told: readonly RegExp[]): Promise<string> {
  for (;;) {
    const { out } = await troupe("skills", "--url", url);
    if (told.every((one) => one.test(out))) return out;
    await pause(100);
  }
}

/** Nodes on which models failed, as soon as the error handler has read of it. */
async function failedOn(url: string): Promise<readonly string[]> {
  for (;;) {
    const errors: unknown = await (await fetch(`${url}/api/v1/errors?class=model`)).json();
    assert.ok(Groups.Check(errors), JSON.stringify(errors));
    if (errors.groups.length > 0) return errors.groups.flatMap(({ nodes }) => nodes);
    await pause(100);
  }
}

test("skills of a topology are listed, judged and changed while the cluster runs", {
  timeout: 150_000,
}, async (context) => {
  const { url } = await ClusterProcess.start(context, {
    workers: 3,
    topology: clusterOf(painterAndReaders),
  });
  const { submit, ended, statusOf } = tasksAt(url);
  const out = await listed(url, /fair at 0\.5/, /good has ocr/);
  assert.match(out, /^ocr +2 +detect-text +fair at 0\.5$/m);
  assert.match(out, /^detect-text +- +fair$/m);
  assert.match(out, /^inpaint +not registered +painter$/m);
  assert.match(out, /^good has ocr, but lacks detect-text$/m);

  const low = await submit({ requiredSkills: ["ocr"], skillLevel: 0.5 });
  assert.equal((await ended(low)).node, "fair");
  const high = await submit({ requiredSkills: ["ocr"], skillLevel: 0.75 });
  assert.equal(await statusOf(high), "pending");

  const ring = await troupe("skills", "put", "detect-text", "--needs", "ocr", "--url", url);
  assert.equal(ring.exitCode, 1);
  assert.match(
    ring.err,
    /detect-text would rest on itself: detect-text -> ocr -> detect-text; leave/,
  );
  const put = await troupe("skills", "put", "ocr", "--url", url);
  assert.equal(put.exitCode, 0, put.err);
  assert.deepEqual(await ended(high), { node: "good", attempt: 1 });

  const taskId = await submit({ type: "stumble", retry: retryAtOnce });
  const { node, attempt } = await ended(taskId);
  assert.equal(attempt, 2);
  assert.deepEqual([...(await failedOn(url)), node].sort(), ["fair", "good"]);
});

const retryAtOnce = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" };

test("a task that wishes for a skill goes to the worker that has it while that one has room, else to another", {
  timeout: 150_000,
}, async (context) => {
  const { url } = await ClusterProcess.start(context, {
    workers: 2,
    topology: clusterOf(`${reader("plain", "read")}${reader("learned", "read, latin")}`),
  });
  const { submit, ended, running, cancel } = tasksAt(url);
  await listed(url, /^latin .*learned$/m, /^read .*learned, plain$/m);
  const wished = async (): Promise<string> =>
    (await ended(await submit({ optionalSkills: ["latin"] }))).node;
  for (let count = 0; count < 8; count += 1) assert.equal(await wished(), "learned");

  const long = await submit({ type: "study", requiredSkills: ["latin"] });
  await running(long);
  for (let count = 0; count < 4; count += 1) assert.equal(await wished(), "plain");
  await cancel(long);
  assert.equal(await wished(), "learned");

  const other = await submit({
    type: "study",
    requiredSkills: ["read"],
    optionalSkills: ["latin"],
  });
  await running(other);
  assert.equal(await wished(), "plain", "the other has the worker that both wished for");
});
