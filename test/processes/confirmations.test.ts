// People who are asked by tasks of a cluster of processes, while those processes are killed.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { stepsModel, stepsQueue, stepsType } from "#protocols/tasks/steps.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { pictureOf } from "./pictures.ts";

const Asked = Type.Object({
  callbackId: Type.String(),
  taskId: Type.String(),
  userId: Type.String(),
  createdAt: Type.Integer(),
  expiresAt: Type.Integer(),
});
type Asked = Static<typeof Asked>;
const AskedList = Compile(Type.Object({ confirmations: Type.Array(Asked) }));
const Made = Compile(Type.Object({ taskId: Type.String() }));
const Result = Compile(Type.Object({ figures: Type.Object({}) }));
const Standing = Compile(Type.Object({ status: Type.String() }));

const stepsAsking = (userId: string, onTimeout: string, expiresMs: number) =>
  JSON.stringify([
    {
      name: "ask",
      type: "confirm",
      confirm: { question: "Repair it?", userId, onTimeout, expiresMs },
    },
    { name: "fill", type: "inpaint", model: "diffuse", after: ["ask"] },
  ]);

/** A store with tasks that ask, made before the cluster is. */
async function storeWithTasks(file: string, texts: readonly string[]): Promise<readonly string[]> {
  const { image, mask } = await pictureOf(64);
  const system = await startLocalSystem({ log: { write: () => {} } });
  try {
    await system.started(
      system.spawn(StoreActor, { kind: "sqlite", path: file }, { name: "store" }),
    );
    const store = await system.lookup(Store, "store", 5_000);
    const file0 = (name: string, bytes: Uint8Array) => ({ name, contentType: "image/png", bytes });
    const taskIds: string[] = [];
    for (const steps of texts) {
      const answer = await store.submit({
        ...{ type: stepsType, model: stepsModel, routedTo: stepsQueue, parameters: { steps } },
        inputs: [file0("image", image), file0("mask", mask)],
      });
      assert.ok(answer.kind === "created");
      taskIds.push(answer.taskId);
    }
    return taskIds;
  } finally {
    await system.stop();
  }
}

const clerkModule = fileURLToPath(new URL("./clerk-worker.ts", import.meta.url));

const topologyWith = (terms: {
  readonly path: string;
  readonly http: number;
  readonly control: number;
}): string => `
cluster: test
store: { kind: sqlite, path: ${terms.path} }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${terms.http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${terms.control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 2, threads: 1 } }
  - name: clerk
    bind: tcp://127.0.0.1:*
    settings: { slots: 1 }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - { supervisor: workers, children: [ { actor: task-worker, module: ${clerkModule} } ] }
`;

/** A task of the worker that the topology names by its module. */
async function letterTo(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "letter", model: "clerk" }),
  });
  const made: unknown = await response.json();
  assert.ok(Made.Check(made), JSON.stringify(made));
  return made.taskId;
}

async function figuresOf(url: string, taskId: string): Promise<unknown> {
  const result: unknown = await (await fetch(`${url}/api/v1/tasks/${taskId}/result`)).json();
  return Result.Check(result) ? result.figures : result;
}

async function untilAnswered<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const openFor = (url: string, user: string): Promise<Asked> =>
  untilAnswered(async () => {
    const response = await fetch(`${url}/api/v1/confirmations?user=${user}`);
    const list: unknown = await response.json();
    return AskedList.Check(list) ? list.confirmations[0] : undefined;
  });

const answer = (url: string, { callbackId }: Pick<Asked, "callbackId">, body: object) =>
  fetch(`${url}/api/v1/confirmations/${callbackId}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const statusOf = (url: string, taskId: string, isIt: (status: string) => boolean) =>
  untilAnswered(async () => {
    const task: unknown = await (await fetch(`${url}/api/tasks/${taskId}`)).json();
    return Standing.Check(task) && isIt(task.status) ? task.status : undefined;
  });
const isOver = (status: string): boolean => ["completed", "cancelled", "failed"].includes(status);

test("questions outlive the director and the workers; the first answer of who was asked counts", {
  timeout: 150_000,
}, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-asking-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "tasks.sqlite");
  const [ada, bob, eve] = await storeWithTasks(path, [
    stepsAsking("ada", "reject", 600_000),
    stepsAsking("bob", "fail", 12_000),
    stepsAsking("eve", "reject", 600_000),
  ]);
  assert.ok(ada && bob && eve);
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    topology: (ports) => topologyWith({ path, ...ports }),
  });
  const { url } = cluster;
  const letter = await letterTo(url);
  const before = await openFor(url, "ada");
  await statusOf(url, ada, (status) => status === "waiting_confirmation");
  await statusOf(url, letter, (status) => status === "waiting_confirmation");

  for (const node of ["control", "worker", "clerk"]) await cluster.kill(node);

  const asked = await openFor(url, "ada");
  assert.deepEqual(asked, before, "the same question, with the same time");
  const stranger = await answer(url, asked, { user: "mallory", proceed: true });
  assert.equal(stranger.status, 403);
  assert.equal((await answer(url, asked, { proceed: true })).status, 400);
  assert.equal(
    (await answer(url, { callbackId: "nothing" }, { user: "ada", proceed: true })).status,
    404,
  );
  const both = await Promise.all(
    [true, false].map((proceed) => answer(url, asked, { user: "ada", proceed, feedback: "fine" })),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  const isYes = both[0]?.status === 200;
  const late = both.find(({ status }) => status === 409);
  assert.deepEqual(await late?.json(), {
    callbackId: asked.callbackId,
    decision: isYes ? "proceed" : "reject",
    proceed: isYes,
    error: {
      code: "decided",
      detail: `the question was answered before: ${isYes ? "proceed" : "reject"}`,
    },
  });
  assert.equal(await statusOf(url, ada, isOver), isYes ? "completed" : "cancelled");

  const sent = await openFor(url, "zoe");
  await answer(url, sent, { user: "zoe", proceed: true, feedback: "by post" });
  assert.equal(await statusOf(url, letter, isOver), "completed");
  assert.deepEqual(await figuresOf(url, letter), {
    ...{ attempt: 2, decision: "proceed", feedback: "by post", letter: "sealed" },
  });

  assert.equal(await statusOf(url, bob, isOver), "failed", "nobody answered in time");
  await byCommandLine(url, eve);
});

/** Whoever sits at the machine answers for anybody, and sees what went wrong. */
async function byCommandLine(url: string, taskId: string): Promise<void> {
  const { callbackId } = await openFor(url, "eve");
  const here = (...words: readonly string[]) => troupe(...words, "--url", url);
  const shown = await here("confirmations", "--user", "eve");
  assert.match(shown.out, new RegExp(`${callbackId}.*eve.*then reject.*Repair it\\?`));
  assert.equal((await here("confirm", callbackId)).exitCode, 2);
  assert.equal((await here("confirm", callbackId, "--proceed", "--user", "bob")).exitCode, 1);
  assert.equal((await here("confirm", callbackId, "--proceed")).exitCode, 0);
  const again = await here("confirm", callbackId, "--reject");
  assert.match(again.err, /409: .*answered before: proceed/);
  assert.equal(await statusOf(url, taskId, isOver), "completed");
  const failures = await untilAnswered(async () => {
    const { out } = await here("errors", "--class", "timeout");
    return out.includes("CONFIRMATION_TIMEOUT") ? out : undefined;
  });
  const [fingerprint = ""] = /^[0-9a-f]{16}/m.exec(failures) ?? [];
  const seen = await here("errors", "--acknowledge", fingerprint, "--by", "anna");
  assert.match(seen.out, /acknowledged until it happens again/);
  assert.match((await here("errors", "--open")).out, /no failure fits/);
  assert.match((await here("errors", "--poison")).out, /no task is poison/);
}
