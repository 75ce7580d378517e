// How far a task is, in a cluster of processes: what its attempt reported last is what the next one goes on from,
// and what is told of it when it has ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";

const module = fileURLToPath(new URL("./walking-worker.ts", import.meta.url));

const topology = ({ http, control }: { readonly http: number; readonly control: number }): string =>
  `
cluster: walk
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - name: walker
    bind: tcp://127.0.0.1:*
    settings: { slots: 1 }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - { supervisor: workers, children: [ { actor: task-worker, module: ${module} } ] }
`;

const Made = Compile(Type.Object({ taskId: Type.String() }));
const at = (url: string, path: string): Promise<unknown> =>
  fetch(`${url}/api/v1/tasks${path}`).then((response) => response.json());

async function taken(url: string, type: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ type, model: "walk", maxRetries: 1 },
      retry: { baseMs: 100, factor: 1, capMs: 100, jitter: "none" },
    }),
  });
  const made: unknown = await response.json();
  assert.ok(Made.Check(made), JSON.stringify(made));
  return made.taskId;
}

test("an attempt goes on from what was reported last, and the task shows it", {
  timeout: 60_000,
}, async (context) => {
  const { url } = await ClusterProcess.start(context, { workers: 0, topology });
  const walk = await taken(url, "walk");
  const ended = JSON.stringify(await at(url, `/${walk}?wait=30`));
  assert.match(ended, /"status":"completed".*"progress":1,"progressMessage":"there"/);
  assert.match(JSON.stringify(await at(url, `/${walk}/result`)), /"from":"stage 9"/);
  const haul = await taken(url, "haul");
  await at(url, `/${haul}?wait=30`);
  const refused = JSON.stringify(await at(url, `/${haul}/result`));
  assert.match(
    refused,
    /a checkpoint of 34603008 bytes, and 33554432 are the most: keep it elsewhere/,
  );
});
