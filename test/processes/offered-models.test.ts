// What a worker serves, its repository's folder included, is what its node is known for and what tasks find.
import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { publishScripted } from "./scripted-model.ts";

const Nodes = Compile(
  Type.Object({
    nodes: Type.Array(
      Type.Object({
        name: Type.String(),
        capabilities: Type.Object({
          models: Type.Array(Type.String()),
          skills: Type.Array(Type.Object({ skill: Type.String() })),
        }),
      }),
    ),
  }),
);
const Matches = Compile(
  Type.Object({
    nodes: Type.Array(Type.Object({ node: Type.String(), lacks: Type.Array(Type.String()) })),
  }),
);
const Made = Compile(Type.Object({ taskId: Type.String() }));
const Standing = Compile(Type.Object({ status: Type.String() }));

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-offered-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Terms {
  readonly repository: string;
  /** The node's capability file. */
  readonly capability?: string;
}

async function clusterOf(context: TestContext, { repository, capability }: Terms) {
  const said = capability === undefined ? "" : `capability: ${capability}, `;
  const topology = ({ http, control }: { readonly http: number; readonly control: number }) => `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
repository: ${repository}
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], ${said}settings: { slots: 1, threads: 1 } }
`;
  const scope = { after: (end: () => Promise<void>) => context.after(end) };
  const started = await ClusterProcess.start(scope, { workers: 1, topology });
  const { url } = started;
  const ask = async <T extends TSchema>(
    check: ReturnType<typeof Compile<T>>,
    path: string,
    body?: object,
  ) => {
    const headers = { "content-type": "application/json" };
    const order = body && { method: "POST", headers, body: JSON.stringify(body) };
    const answer: unknown = await (await fetch(`${url}/${path}`, order)).json();
    if (check.Check(answer)) return answer;
    assert.fail(JSON.stringify(answer));
  };
  /** Names of whole models, then skills. */
  const known = async (): Promise<string> => {
    const { nodes } = await ask(Nodes, "api/nodes");
    const own = nodes.find(({ name }) => name === "worker")?.capabilities;
    const models = own?.models.filter((name) => !name.includes("@"));
    return `${models?.join()} ${own?.skills.map(({ skill }) => skill).join()}`;
  };
  return {
    url,
    known,
    /** Lines of all nodes' logs. */
    logged: (text: string) => started.log.filter((line) => line.includes(text)),
    lacks: async (needs: object) => {
      const { nodes } = await ask(Matches, "api/nodes", needs);
      return nodes.find(({ node }) => node === "worker")?.lacks;
    },
    submit: async (order: object) => {
      const { taskId } = await ask(Made, "api/v1/tasks", { parameters: {}, ...order });
      return taskId;
    },
    statusOf: async (taskId: string, waitS: number) =>
      (await ask(Standing, `api/v1/tasks/${taskId}?wait=${waitS}`)).status,
    /** Fails with the time limit of the test. */
    until: async (wanted: string) => {
      const seen: string[] = [];
      for (let tries = 0; tries < 150; tries += 1) {
        const now = await known();
        if (now === wanted) return;
        if (seen.at(-1) !== now) seen.push(now);
        await pause(100);
      }
      assert.fail(`${wanted} was awaited, seen was ${seen.join("; then ")}`);
    },
  };
}

test("a polled repository: what lies there and what comes is offered, known and found", async (context) => {
  const root = await folderFor(context);
  await publishScripted(root, "finder", { kind: "detect-text" });
  const repository = `{ mode: poll, path: ${root}, pollMs: 300 }`;
  const cluster = await clusterOf(context, { repository });
  await cluster.until("diffuse,finder detect-text,inpaint");
  assert.deepEqual(await cluster.lacks({ model: "finder" }), []);
  assert.deepEqual(await cluster.lacks({ model: "finder@1" }), []);
  assert.deepEqual(await cluster.lacks({ requiredSkills: ["detect-text"] }), []);
  const needs = { type: "upscale", model: "larger", requiredSkills: ["upscale"] };
  const taskId = await cluster.submit(needs);
  assert.equal(await cluster.statusOf(taskId, 1), "pending");
  await publishScripted(root, "larger", { kind: "upscale" });
  await cluster.until("diffuse,finder,larger detect-text,inpaint,upscale");
  assert.equal(await cluster.statusOf(taskId, 20), "completed");
  await rm(join(root, "finder"), { recursive: true });
  await cluster.until("diffuse,larger inpaint,upscale");
  assert.deepEqual(await cluster.lacks({ requiredSkills: ["detect-text"] }), [
    "it lacks the skill detect-text",
  ]);
});

test("a polled folder that vanishes is told once, what is loaded serves on, and it is seen when it is back", {
  timeout: 90_000,
}, async (context) => {
  const root = join(await folderFor(context), "models");
  await publishScripted(root, "finder", { kind: "detect-text" });
  const repository = `{ mode: poll, path: ${root}, pollMs: 200 }`;
  const cluster = await clusterOf(context, { repository });
  await cluster.until("diffuse,finder detect-text,inpaint");
  const listed = async (): Promise<string> => (await troupe("models", "--url", cluster.url)).out;
  await rename(root, `${root}.away`);
  const gone = "the folder of the model repository cannot be read: ENOENT";
  while (!(await listed()).includes(gone)) await pause(100);
  await pause(1_500);
  assert.equal(cluster.logged(gone).length, 1, cluster.logged(gone).join("\n"));
  assert.match(await listed(), /finder +- +worker +UNAVAILABLE .*what was loaded before serves on/);
  assert.match(await listed(), /finder \* +1 +worker +READY/);
  const order = { type: "detect-text", model: "finder" };
  assert.equal(await cluster.statusOf(await cluster.submit(order), 20), "completed");
  await rename(`${root}.away`, root);
  await publishScripted(root, "larger", { kind: "upscale" });
  await cluster.until("diffuse,finder,larger detect-text,inpaint,upscale");
  assert.doesNotMatch(await listed(), /UNAVAILABLE/);
  assert.equal(cluster.logged("the model repository can be read again").length, 1);
  assert.equal(cluster.logged(gone).length, 1);
});

test("an explicit repository: what is unloaded takes its skill along", async (context) => {
  const root = await folderFor(context);
  await publishScripted(root, "finder", { kind: "detect-text" });
  const repository = `{ mode: explicit, path: ${root}, load: [finder] }`;
  const cluster = await clusterOf(context, { repository });
  await cluster.until("finder detect-text");
  for (const [act, then] of [
    ["unload", " "],
    ["load", "finder detect-text"],
  ] as const) {
    const { exitCode, err } = await troupe("models", act, "finder", "--url", cluster.url);
    assert.equal(exitCode, 0, err);
    await cluster.until(then);
  }
});

test("a capability file says which models a node loads, and its skills in their place", async (context) => {
  const root = await folderFor(context);
  await publishScripted(root, "finder", { kind: "detect-text" });
  await publishScripted(root, "larger", { kind: "upscale" });
  const file = join(await folderFor(context), "box.yaml");
  await writeFile(file, "models: [larger]\nskills: [{ skill: enlarging, level: 0.5 }]\n");
  const repository = `{ mode: poll, path: ${root}, pollMs: 300 }`;
  const cluster = await clusterOf(context, { repository, capability: file });
  await cluster.until("larger enlarging");
  const { out } = await troupe("models", "--url", cluster.url);
  assert.match(out, /larger/);
  assert.doesNotMatch(out, /finder|diffuse/);
});
