import assert from "node:assert/strict";
import { test } from "node:test";
import { processorsOf, threadLines } from "#nodes/topology/processor-shares.ts";
import { expandTopology } from "#nodes/topology/topology-expansion.ts";
import type { ClusterPlan } from "#nodes/topology/topology-plan.ts";
import type { NodeDocument } from "#protocols/outside/topology.ts";

function planOf(...nodes: readonly Omit<NodeDocument, "roles">[]): ClusterPlan {
  const { plan } = expandTopology(
    {
      cluster: "c",
      store: { kind: "sqlite", path: "c.sqlite" },
      models: [
        { name: "diffuse", path: "builtin" },
        { name: "own", path: "models/own" },
      ],
      nodes: nodes.map((node) => ({ ...node, roles: ["worker" as const] })),
    },
    { file: "/etc/troupe/one.yaml", builtinModels: "/opt/models" },
  );
  return plan;
}

const near = (name: string, port: number, settings = {}) => ({
  ...{ name, bind: `tcp://127.0.0.1:${port}`, settings },
});

test("workers on one machine have as many processors each, and at least one", () => {
  const plan = planOf(near("a", 1), near("b", 2), { name: "far", bind: "tcp://10.0.0.7:1" });
  assert.equal(processorsOf(plan, 8), 4);
  assert.equal(processorsOf(plan, 1), 1);
});

test("engines share what no settings state; what is stated is told, and too much is warned of", () => {
  const plan = planOf(
    near("a", 1),
    near("b", 2, { threads: 2 }),
    near("c", 3, { threads: 4, slots: 3 }),
    { name: "far", bind: "tcp://10.0.0.7:1", settings: { threads: 64 } },
  );
  assert.deepEqual(threadLines(plan, 12), [
    "threads of a: up to 2 engines at a time share 4 processors of this machine",
    "threads of b: 2 in each engine, as stated, on 4 processors of this machine",
    "threads of c: 4 in each engine, as stated, on 4 processors of this machine",
    "warning: c: up to 8 threads run at a time on 4 processors; state fewer threads or slots, or none",
    "threads of far: 64 in each engine, as stated, on its machine's processors",
  ]);
});
