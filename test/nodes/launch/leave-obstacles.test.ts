import assert from "node:assert/strict";
import { test } from "node:test";
import { leaveObstacles } from "#nodes/launch/leave-obstacles.ts";
import { expandTopology } from "#nodes/topology/topology-expansion.ts";
import type { NodeDocument } from "#protocols/outside/topology.ts";

const place = { file: "/etc/troupe/one.yaml", builtinModels: "/opt/models" };

function obstaclesOf(node: Partial<NodeDocument>, startedBy: "launcher" | "hand" = "launcher") {
  const named = { name: "n", bind: "tcp://127.0.0.1:7600", ...node };
  const store = { kind: "sqlite", path: "c.sqlite" } as const;
  const document = {
    cluster: "c",
    store,
    models: [{ name: "m", path: "builtin" }],
    nodes: [named],
  };
  const [plan] = expandTopology(document, place).plan.nodes;
  return leaveObstacles(plan ?? assert.fail("the node is planned"), startedBy);
}

test("a worker or a gateway may end by an order, for good or not", () => {
  assert.deepEqual(obstaclesOf({ roles: ["worker"] }), {});
  assert.deepEqual(obstaclesOf({ roles: ["gateway", "worker"] }), {});
});

test("a director stays, whatever else is on it, and so does what there is once", () => {
  const bare = obstaclesOf({ director: true, roles: ["worker"] });
  assert.match(bare["stay-away"] ?? "", /^n holds the directory, without which .* end the whole/);
  assert.equal(bare["come-back"], undefined);
  const control = obstaclesOf({ roles: ["control"] });
  assert.match(control["stay-away"] ?? "", /holds the store, the queue and the node registry,/);
});

test("whoever was started by hand cannot be had to come back, but to stay away", () => {
  const worker = obstaclesOf({ roles: ["worker"] }, "hand");
  assert.match(worker["come-back"] ?? "", /started by hand/);
  assert.equal(worker["stay-away"], undefined);
});
