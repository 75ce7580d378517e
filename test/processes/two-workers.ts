// A cluster of two workers of one kind, and what is asked of it: tasks, orders to nodes, what each has done.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { ClusterOptions } from "./cluster-process.ts";
import { stateOf } from "./elastic-cluster.ts";

export const leaseMs = 5_000;

const module = fileURLToPath(new URL("./spellbound-worker.ts", import.meta.url));
const worker = (name: string): string => `
  - name: ${name}
    bind: tcp://127.0.0.1:*
    settings: { slots: 2, classes: [cpu-light] }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - { supervisor: workers, children: [ { actor: task-worker, module: ${module} } ] }`;

/** A worker that falls silent loses its leases soon, and long before its session. */
export const twoWorkers =
  (blockedMsMax: number): NonNullable<ClusterOptions["topology"]> =>
  ({ http, control }) =>
    `
cluster: two
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
queues: [ { name: brief, class: cpu-light, leaseMs: ${leaseMs} } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
launcher: { blockedMsMax: ${blockedMsMax} }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }${worker("alpha")}${worker("beta")}
`;

const Made = Compile(Type.Object({ taskId: Type.String() }));
const Result = Compile(
  Type.Object({ figures: Type.Object({ node: Type.String(), attempt: Type.Integer() }) }),
);
const Nodes = Compile(
  Type.Object({
    nodes: Type.Array(
      Type.Object({
        name: Type.String(),
        status: Type.String(),
        runningTasks: Type.Integer(),
        statistics: Type.Union([
          Type.Null(),
          Type.Object({
            ...{ total: Type.Integer(), completed: Type.Integer(), failed: Type.Integer() },
            failuresInRow: Type.Integer(),
          }),
        ]),
      }),
    ),
  }),
);
const Queues = Compile(
  Type.Object({ queue: Type.Object({ completed: Type.Integer(), failed: Type.Integer() }) }),
);

export interface Done {
  readonly completed: number;
  readonly failed: number;
  readonly failuresInRow: number;
}

export class TwoWorkers {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async submit(type: string, ms = 0): Promise<string> {
    const order = { type, model: "spell", queue: "brief", parameters: { ms } };
    const made = await this.#post("api/v1/tasks", order);
    assert.ok(Made.Check(made), JSON.stringify(made));
    return made.taskId;
  }

  async running(type: string, ms = 0): Promise<string> {
    const taskId = await this.submit(type, ms);
    while ((await stateOf(this.url, taskId)) !== "running") await pause(50);
    return taskId;
  }

  /** Where it was done, and in which attempt. */
  async done(taskId: string): Promise<readonly [node: string, attempt: number]> {
    while ((await stateOf(this.url, taskId)) !== "completed") await pause(100);
    const result = await this.#get(`api/v1/tasks/${taskId}/result`);
    assert.ok(Result.Check(result), JSON.stringify(result));
    return [result.figures.node, result.figures.attempt];
  }

  async order(node: string, act: "pause" | "resume" | "drain" | "stop"): Promise<void> {
    await this.#post(`api/nodes/${node}/${act}`, { reason: "spring", by: "anna" });
  }

  async status(node: string): Promise<string | undefined> {
    return (await this.#nodes()).find(({ name }) => name === node)?.status;
  }

  async until(node: string, status: string): Promise<void> {
    while ((await this.status(node)) !== status) await pause(100);
  }

  /** As soon as it is as expected; as it is then, when it never is. */
  async counts(expected: Readonly<Record<string, Done>>): Promise<unknown> {
    for (let looks = 0; ; looks += 1) {
      const seen = await this.#counts(Object.keys(expected));
      try {
        assert.deepEqual(seen, expected);
        return seen;
      } catch {
        if (looks === 60) return seen;
      }
      await pause(100);
    }
  }

  /** Tasks of all queues that were completed, and that have failed for good. */
  async totals(): Promise<readonly [completed: number, failed: number]> {
    const status = await this.#get("api/status");
    assert.ok(Queues.Check(status), JSON.stringify(status));
    return [status.queue.completed, status.queue.failed];
  }

  async #counts(names: readonly string[]): Promise<Readonly<Record<string, Done>>> {
    const counts: Record<string, Done> = {};
    for (const { name, statistics } of await this.#nodes()) {
      if (!statistics || !names.includes(name)) continue;
      const { completed, failed, failuresInRow, total } = statistics;
      assert.equal(total, completed + failed, name);
      counts[name] = { completed, failed, failuresInRow };
    }
    return counts;
  }

  async #nodes() {
    const seen = await this.#get("api/nodes");
    assert.ok(Nodes.Check(seen), JSON.stringify(seen));
    return seen.nodes;
  }

  async #get(path: string): Promise<unknown> {
    return (await fetch(`${this.url}/${path}`)).json();
  }

  async #post(path: string, body: object): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/${path}`, init);
    const answer: unknown = await response.json();
    assert.ok(response.ok, JSON.stringify(answer));
    return answer;
  }
}
