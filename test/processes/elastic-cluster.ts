// A cluster with a group of nodes that is scaled by its load, and how it is asked what stands.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

const workerModule = fileURLToPath(new URL("./napping-worker.ts", import.meta.url));

export const elasticTopology =
  (scaling: string) =>
  ({ http, control }: { readonly http: number; readonly control: number }): string =>
    `
cluster: elastic
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - name: napper
    bind: tcp://127.0.0.1:*
    settings: { slots: 1 }
    scaling: ${scaling}
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - { supervisor: workers, children: [ { actor: task-worker, module: ${workerModule} } ] }
`;

const Group = Type.Object({
  wanted: Type.Integer(),
  waiting: Type.Integer(),
  running: Type.Integer(),
  nodes: Type.Array(Type.Object({ node: Type.String(), phase: Type.String() })),
  ups: Type.Integer(),
  downs: Type.Integer(),
  failures: Type.Integer(),
  lastChange: Type.Union([Type.Null(), Type.String()]),
  trouble: Type.Union([Type.Null(), Type.String()]),
});
export type Group = Static<typeof Group>;
const Status = Compile(Type.Object({ scaling: Type.Array(Group) }));
const Made = Compile(Type.Object({ taskId: Type.String() }));
const Task = Compile(Type.Object({ status: Type.String() }));
const Attempts = Compile(Type.Object({ figures: Type.Object({ attempt: Type.Integer() }) }));

export async function groupAt(url: string): Promise<Group | undefined> {
  const status: unknown = await (await fetch(`${url}/api/status`)).json();
  assert.ok(Status.Check(status), JSON.stringify(status));
  return status.scaling[0];
}

/** Asks until it is so; the test's own time limit ends it. */
export async function untilGroup(url: string, isIt: (group: Group) => boolean): Promise<Group> {
  for (;;) {
    const group = await groupAt(url);
    if (group && isIt(group)) return group;
    await pause(300);
  }
}

export const standing = ({ nodes }: Group, phase: string): readonly string[] =>
  nodes.filter((one) => one.phase === phase).map(({ node }) => node);

export async function submitNap(url: string, ms: number): Promise<string> {
  const response = await fetch(`${url}/api/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "nap", model: "nap", parameters: { ms } }),
  });
  const made: unknown = await response.json();
  assert.ok(Made.Check(made), JSON.stringify(made));
  return made.taskId;
}

export async function stateOf(url: string, taskId: string): Promise<string> {
  const task: unknown = await (await fetch(`${url}/api/v1/tasks/${taskId}`)).json();
  return Task.Check(task) ? task.status : "not told";
}

export async function ended(url: string, taskId: string): Promise<string> {
  for (;;) {
    const state = await stateOf(url, taskId);
    if (!["pending", "running", "scheduled", "not told"].includes(state)) return state;
    await pause(300);
  }
}

/** How often it was begun. */
export async function attemptsOf(url: string, taskId: string): Promise<number> {
  const result: unknown = await (await fetch(`${url}/api/v1/tasks/${taskId}/result`)).json();
  assert.ok(Attempts.Check(result), JSON.stringify(result));
  return result.figures.attempt;
}
