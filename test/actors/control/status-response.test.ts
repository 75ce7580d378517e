import assert from "node:assert/strict";
import { test } from "node:test";
import { statusResponse } from "#actors/control/status-response.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import { sampleCapability, sampleLoad } from "../registry/sample-capability.ts";

const viewWith = (capabilities: Partial<NodeCapabilities>): NodeView => ({
  name: "n",
  incarnation: 1,
  pid: 7,
  status: "online",
  statusReason: "registered",
  statusSince: 1,
  registeredAt: 1,
  formerEnd: null,
  lastHeartbeatAt: 1,
  capabilities: { ...sampleCapability, ...capabilities },
  address: null,
  load: sampleLoad,
  health: { level: "well", reasons: [] },
  runningTasks: 0,
  hold: null,
  statistics: null,
});

const modelFile = (index: number, standing: "verified" | "broken") => ({
  name: `model-${index}`,
  version: 1,
  sha256: "0".repeat(64),
  bytes: 200_000_000,
  standing,
  reason: "all files are as the manifest says, which was compared byte by byte ".repeat(4),
});

const max = controlLimits.responseLengthMax;

test("what fits is told as it is", () => {
  const view = viewWith({});
  assert.deepEqual(statusResponse(view, max), view);
});

test("with many models the answer fits, says what it left out, and keeps what is wrong", () => {
  const names = Array.from({ length: 256 }, (_, index) => `model-${index}`);
  const modelFiles = names.map((_, index) =>
    modelFile(index, index === 200 ? "broken" : "verified"),
  );
  const response = statusResponse(viewWith({ models: names, modelFiles }), max);
  const text = JSON.stringify(response);
  assert.ok(text.length <= max, String(text.length));
  assert.match(text, /"standing":"broken"/);
  assert.match(text, /"omitted":\{"modelFiles":2\d\d\}/);
  assert.match(text, /"model-255"/);
});

test("the largest capability that there may be fits, too", () => {
  const long = (length: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${index}`.padEnd(length, '"'));
  const view = viewWith({
    models: long(64, 256),
    modelFiles: long(1_024, 256).map((reason, index) => ({
      ...modelFile(index, "broken"),
      reason,
    })),
    tags: long(128, 64),
    skills: long(128, 64).map((skill) => ({ skill, level: 1, verifiedAt: null })),
    gpus: long(255, 64).map((name) => ({ vendor: "nvidia", name, memoryBytes: 1, driver: null })),
  });
  const response = statusResponse(view, max);
  assert.ok(JSON.stringify(response).length <= max);
  assert.equal(response["status"], "online");
});
