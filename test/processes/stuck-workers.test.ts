// Handlers that do not stop, in a cluster of processes: one that waits for ever, whose worker begins anew, and
// one that computes for ever, whose thread is ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";
import { ended, stateOf } from "./elastic-cluster.ts";

const module = fileURLToPath(new URL("./deaf-worker.ts", import.meta.url));

/** Nothing that is waited for here may need the end of a lease. */
const leaseMs = 60_000;

const deafTopology =
  (thread: string) =>
  ({ http, control }: { readonly http: number; readonly control: number }): string =>
    `
cluster: deaf
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
queues: [ { name: patient, class: cpu-light, leaseMs: ${leaseMs} } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - name: deaf
    bind: tcp://127.0.0.1:*
    settings: { slots: 1, classes: [cpu-light] }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - supervisor: workers
        children:
          - { actor: task-worker, module: ${module}, arguments: { graceMs: 2000 }${thread} }
`;

const Made = Compile(Type.Object({ taskId: Type.String() }));

async function submit(url: string, type: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type, model: "nap", queue: "patient", parameters: {} }),
  });
  const made: unknown = await response.json();
  assert.ok(Made.Check(made), JSON.stringify(made));
  return made.taskId;
}

async function begun(url: string, taskId: string): Promise<void> {
  while ((await stateOf(url, taskId)) !== "running") await pause(50);
}

const cancel = (url: string, taskId: string): Promise<Response> =>
  fetch(`${url}/api/v1/tasks/${taskId}`, { method: "DELETE" });

interface Ordeal {
  /** Beside the worker's module in the topology, in YAML. */
  readonly thread: string;
  readonly type: "wait" | "spin";
  /** The cancelled task has ended, and the next one has run. */
  readonly withinMs: number;
  /** The log says so. */
  readonly told: RegExp;
}

const ordeals: Readonly<Record<string, Ordeal>> = {
  "a handler that waits for ever": {
    ...{ thread: "", type: "wait", withinMs: 20_000 },
    told: /[2-9]\d{3} ms ago to stop task/,
  },
  "a handler that waits for ever in a thread": {
    ...{ thread: ", thread: {}", type: "wait", withinMs: 40_000 },
    told: /[2-9]\d{3} ms ago to stop task/,
  },
  "a handler that computes for ever in a thread": {
    ...{ thread: ", thread: { blockedMsMax: 3000 }", type: "spin", withinMs: 40_000 },
    told: /has kept from its event loop for 3000 ms/,
  },
};

for (const [name, { thread, told, type, withinMs }] of Object.entries(ordeals)) {
  test(`${name} is given up, and the next task has its slot`, { timeout: 150_000 }, async (t) => {
    const cluster = await ClusterProcess.start(t, {
      workers: 0,
      topology: deafTopology(thread),
    });
    const { url } = cluster;
    const pid = cluster.pidOf("deaf");
    const deaf = await submit(url, type);
    await begun(url, deaf);
    const next = await submit(url, "nap");
    const startMs = performance.now();
    await cancel(url, deaf);
    assert.equal(await ended(url, deaf), "cancelled");
    assert.equal(await ended(url, next), "completed");
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < withinMs, `it took ${tookMs} ms`);
    assert.ok(
      cluster.log.some((line) => told.test(line)),
      cluster.log.join("\n"),
    );
    assert.equal(cluster.pidOf("deaf"), pid, "its process went on");
    assert.equal(await cluster.interrupt(), 0);
  });
}
