// What is run before a model is ready, and what is told of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BatchedNetwork } from "#actors/inference/batching/batched-network.ts";
import type { Network } from "#actors/inference/engine/network.ts";
import { shownPorts } from "#actors/inference/engine/shown-ports.ts";
import { warmRunsOf, warmSizes, warmUp } from "#actors/inference/engine/warm-up.ts";
import { frameParts, replyBounds } from "#actors/inference/engine-frames.ts";
import { portBounds, readReport } from "#actors/inference/engine-messages.ts";

const port = (batch: string | number) => ({ name: "x", type: "float32", shape: [batch, 1] });
const signature = (batch: string | number) => ({ inputs: [port(batch)], outputs: [port(batch)] });
const batching = { itemsMax: 8, preferred: [2, 4, 8], delayMsMax: 5 };

describe("warming up", () => {
  it("runs one picture, each preferred size, and the largest", () => {
    assert.deepEqual(warmSizes(signature("n"), batching), [1, 2, 4, 8]);
    assert.deepEqual(warmSizes(signature("n"), { ...batching, preferred: [] }), [1, 8]);
    assert.deepEqual(warmSizes(signature(1), batching), [1], "a batch that is fixed is 1");
    assert.deepEqual(warmSizes({ ...signature("n"), overlapMax: 4 }, batching), [1]);
  });

  it("joins the pictures of a size into one run", async () => {
    const runs: (number | undefined)[] = [];
    const network: Network = {
      ...signature("n"),
      async run({ x }) {
        assert.ok(x);
        runs.push(x.shape[0]);
        return { x };
      },
      close: async () => undefined,
    };
    const batched = new BatchedNetwork(network, batching);
    const x = { type: "float32", shape: [1, 1], data: Float32Array.of(1) } as const;
    const item = async () => () => batched.run({ x });
    await warmUp({ item, sizes: warmSizes(batched, batching), runs: 2 });
    assert.deepEqual(runs, [1, 1, 2, 2, 4, 4, 8, 8]);
  });

  it("the first run of a size counts only where there is no other", () => {
    const ran = [
      { items: 4, ms: 90 },
      { items: 1, ms: 50 },
      { items: 4, ms: 10 },
      { items: 4, ms: 20 },
    ];
    assert.deepEqual(warmRunsOf(ran), [
      { items: 1, runs: 1, ms: 50 },
      { items: 4, runs: 3, ms: 15 },
    ]);
  });
});

describe("what is told of inputs and outputs", () => {
  const long = "\u00fc".repeat(100_000);
  const huge = { name: long, type: long, shape: Array.from({ length: 1_000 }, () => long) };

  it("fits into a frame, whatever the file declares", () => {
    const many = Array.from({ length: 1_000 }, () => huge);
    const ports = shownPorts({ inputs: many, outputs: many });
    const told = { device: "cpu", notes: [], loadMs: 1, warmupMs: 1, warmRuns: [] };
    const model = { name: "m", platform: "p", ...told, ...ports };
    const models = [model];
    const ready = {
      kind: "ready",
      models,
      together: 1,
      requestsMax: 3,
      onnxruntimeVersion: "1",
    } as const;
    assert.deepEqual(readReport(ready), ready);
    frameParts(ready, [], replyBounds);
    const [shown] = ports.inputs;
    assert.equal(shown?.name.length, portBounds.nameLengthMax);
    assert.match(shown?.name ?? "", /^\u00fc+…$/);
  });

  it("is as declared where it is short", () => {
    const plain = { name: "image", type: "float32", shape: [1, 3, "height", -1] };
    assert.deepEqual(shownPorts({ inputs: [plain], outputs: [] }).inputs, [plain]);
  });
});
