// Whom the deaths of a worker's process are counted for: kill -9 for its node, an order for nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";
import { stateOf } from "./elastic-cluster.ts";

const module = fileURLToPath(new URL("./napping-worker.ts", import.meta.url));

const topology = ({ http, control }: { readonly http: number; readonly control: number }): string =>
  `
cluster: deaths
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - name: alpha
    bind: tcp://127.0.0.1:*
    settings: { slots: 2 }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - supervisor: workers
        children: [ { actor: task-worker, module: ${module} } ]
`;

const Made = Compile(Type.Object({ taskId: Type.String() }));
const Nodes = Compile(
  Type.Object({
    nodes: Type.Array(
      Type.Object({
        name: Type.String(),
        statistics: Type.Union([
          Type.Null(),
          Type.Object({ failed: Type.Integer(), failuresInRow: Type.Integer() }),
        ]),
      }),
    ),
  }),
);

async function napping(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "nap", model: "nap", parameters: { ms: 600_000 } }),
  });
  const made: unknown = await response.json();
  assert.ok(Made.Check(made), JSON.stringify(made));
  while ((await stateOf(url, made.taskId)) !== "running") await pause(50);
  return made.taskId;
}

async function countsOf(url: string): Promise<readonly number[]> {
  const seen: unknown = await (await fetch(`${url}/api/nodes`)).json();
  assert.ok(Nodes.Check(seen), JSON.stringify(seen));
  const { failed = 0, failuresInRow = 0 } =
    seen.nodes.find(({ name }) => name === "alpha")?.statistics ?? {};
  return [failed, failuresInRow];
}

test("a node killed with two tasks has failed once, and one that is told to restart has not", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1, topology });
  const { url } = cluster;
  const tasks = [await napping(url), await napping(url)];
  const isReady = async (former: number) => {
    await cluster.event((line) => line.kind === "ready" && cluster.pidOf("alpha") !== former);
    for (const taskId of tasks) while ((await stateOf(url, taskId)) !== "running") await pause(50);
  };
  const first = cluster.pidOf("alpha");
  await cluster.kill("alpha");
  const killedAt = Date.now();
  while ((await countsOf(url))[0] !== 2) await pause(50);
  const shownAfterMs = Date.now() - killedAt;
  assert.deepEqual(await countsOf(url), [2, 1]);
  assert.ok(shownAfterMs < 8_000, `shown after ${shownAfterMs} ms`);
  await isReady(first);

  const second = cluster.pidOf("alpha");
  const order = { method: "POST", headers: { "content-type": "application/json" } };
  const body = JSON.stringify({ reason: "new disk", by: "anna" });
  const answer = await fetch(`${url}/api/nodes/alpha/restart`, { ...order, body });
  assert.equal(answer.status, 200);
  await isReady(second);
  // Longer than what was counted takes to be seen.
  await pause(4_000);
  assert.deepEqual(await countsOf(url), [2, 1]);
});
