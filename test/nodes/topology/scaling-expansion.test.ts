// The groups of nodes that a topology has scaled by their load.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outlinePlan, summarizePlan } from "#nodes/cli/plan-outline.ts";
import { launchedNodes } from "#nodes/launch/launched-nodes.ts";
import { scalingProblems } from "#nodes/topology/scaling-check.ts";
import { expandTopology } from "#nodes/topology/topology-expansion.ts";
import { pathOf } from "#nodes/topology/topology-plan.ts";
import type { NodeDocument, TopologyDocument } from "#protocols/outside/topology.ts";

const place = { file: "/etc/troupe/c.yaml", builtinModels: "/opt/models" };

const documentOf = (worker: NodeDocument): TopologyDocument => ({
  cluster: "c",
  store: { kind: "memory" },
  models: [{ name: "diffuse", path: "builtin" }],
  nodes: [{ name: "n", bind: "tcp://127.0.0.1:7600", roles: ["control"], director: true }, worker],
});

test("scaled nodes are all in the plan, as a group with its terms, and the control role scales them", () => {
  const worker: NodeDocument = {
    ...{ name: "w", bind: "tcp://127.0.0.1:*", roles: ["worker"], settings: { slots: 3 } },
    scaling: { max: 2, downAfterMs: 9, command: ["./start.sh", "-v"] },
  };
  const { plan } = expandTopology(documentOf(worker), place);
  assert.deepEqual(
    plan.nodes.map(({ name }) => name),
    ["n", "w-1", "w-2"],
  );
  assert.equal(pathOf(plan.nodes[0]?.supervision ?? [], "node-scaler"), "/scaling/node-scaler");
  const [group] = plan.groups;
  assert.deepEqual(group?.nodes, ["w-1", "w-2"]);
  assert.deepEqual(group.queues, ["default"]);
  assert.deepEqual(group.scaling, {
    ...{ min: 1, max: 2, itemsEach: 3, waitMsMax: 5_000 },
    ...{ upAfterMs: 5_000, downAfterMs: 9, zeroAfterMs: 900_000 },
  });
  assert.deepEqual(group.command?.command, ["/etc/troupe/start.sh", "-v"]);
  assert.equal(group.startTimeoutMs, 180_000);
  assert.deepEqual(launchedNodes(plan), {
    ...{ nodes: [plan.nodes[0]], groups: [], scaler: "n", count: 1 },
  });
  const { command, ...ownScaling } = worker.scaling ?? { max: 2 };
  const own = documentOf({ ...worker, scaling: ownScaling });
  const launched = launchedNodes(expandTopology(own, place).plan);
  assert.deepEqual(launched.groups, [{ group: "w", nodes: ["w-1", "w-2"], min: 1 }]);
  assert.equal(launched.count, 2);
  assert.match(outlinePlan(plan), /w: 1 to 2 nodes by load, started by .*start.sh -v {2}tcp/);
  assert.match(summarizePlan(plan), /2 to 3 nodes/);
});

test("a group that nobody scales is refused", () => {
  const worker: NodeDocument = {
    ...{ name: "w", bind: "tcp://127.0.0.1:*", roles: ["worker"], scaling: { max: 2 } },
  };
  const document = documentOf(worker);
  const [control] = document.nodes;
  assert.ok(control);
  const { roles: _, ...bare } = control;
  const children = [{ actor: "store" as const }];
  const written = { ...bare, supervision: [{ supervisor: "data", children }] };
  const problemsOf = (nodes: readonly NodeDocument[]) => {
    const changed = { ...document, nodes: [...nodes] };
    return scalingProblems(changed, expandTopology(changed, place));
  };
  assert.deepEqual(problemsOf([control, worker]), []);
  const [problem] = problemsOf([written, worker]);
  assert.deepEqual(problem?.path, ["nodes", 1, "scaling"]);
  assert.match(problem.remedy, /role control, or add \{ actor: node-scaler \}/);
});
