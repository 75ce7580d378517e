// Models of workers of one's own, by which queues, the registry and who looks at the cluster go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";

const module = fileURLToPath(new URL("./napping-worker.ts", import.meta.url));

interface Ports {
  readonly http: number;
  readonly control: number;
}

const topologyOf =
  (models: string) =>
  ({ http, control }: Ports): string =>
    `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
queues: [ { name: naps, class: cpu-light, models: [nap] } ]
demands: [ { models: [nap], classes: [cpu-light], bytesPerPixel: 400 } ]
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - name: napper
    bind: tcp://127.0.0.1:*
    settings: { slots: 3, skills: [sleep], tags: [near-gateway] }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - supervisor: workers
        children: [ { actor: task-worker, module: ${module}, models: ${models} } ]
`;

const Match = Type.Object({
  node: Type.String(),
  score: Type.Union([Type.Number(), Type.Null()]),
  lacks: Type.Array(Type.String()),
});
const Matches = Compile(Type.Object({ nodes: Type.Array(Match) }));
const Own = Type.Object({ node: Type.String(), models: Type.Array(Type.String()) });
const Listing = Compile(
  Type.Object({
    own: Type.Array(Own),
    models: Type.Array(Type.Unknown()),
    silent: Type.Array(Type.Unknown()),
  }),
);
const Made = Compile(Type.Object({ taskId: Type.String() }));
const Ended = Compile(Type.Object({ status: Type.String(), queue: Type.String() }));

const posted = async (url: string, body: object): Promise<unknown> => {
  const headers = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
};

async function matchesOf(url: string, wanted: object): Promise<readonly Static<typeof Match>[]> {
  const answer = await posted(`${url}/api/nodes`, wanted);
  assert.ok(Matches.Check(answer), JSON.stringify(answer));
  return answer.nodes;
}

test("what a worker of one's own serves is known to queues, to the registry and to who looks", {
  timeout: 90_000,
}, async (context) => {
  const { url } = await ClusterProcess.start(context, {
    workers: 1,
    topology: topologyOf("[nap, siesta]"),
  });
  const wanted = { model: "nap", requiredSkills: ["sleep"], affinityTags: ["near-gateway"] };
  let matches = await matchesOf(url, wanted);
  while (matches.every(({ score }) => score === null)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    matches = await matchesOf(url, wanted);
  }
  const [control, napper] = matches;
  assert.deepEqual(napper, { node: "napper", score: 1, lacks: [] });
  assert.match(String(control?.lacks), /no model nap.*no slots: no worker there takes tasks/);
  const any = await matchesOf(url, { cores: 1 });
  assert.deepEqual(
    any.map(({ node, score }) => [node, score]),
    [
      ["control", null],
      ["napper", 1],
    ],
  );
  const listing: unknown = await (await fetch(`${url}/api/models`)).json();
  assert.ok(Listing.Check(listing), JSON.stringify(listing));
  const asServed = { own: [{ node: "napper", models: ["nap"] }], models: [], silent: [] };
  assert.deepEqual(listing, asServed);
  const made = await posted(`${url}/api/v1/tasks`, {
    ...{ type: "nap", model: "nap", parameters: { ms: 1 } },
  });
  assert.ok(Made.Check(made), JSON.stringify(made));
  const ended: unknown = await (await fetch(`${url}/api/v1/tasks/${made.taskId}?wait=20`)).json();
  assert.ok(Ended.Check(ended), JSON.stringify(ended));
  assert.deepEqual([ended.status, ended.queue], ["completed", "naps"]);
  const { exitCode, out } = await troupe("status", "--url", url);
  assert.equal(exitCode, 0);
  assert.match(out, /\nnap +- +READY +napper +a worker of one's own serves it/);
});
