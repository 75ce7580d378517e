// What is run before a model is ready, and what is told of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BatchedNetwork } from "#actors/inference/batching/batched-network.ts";
import { warmSizes, warmUp } from "#actors/inference/engine/load-model.ts";
import type { Network } from "#actors/inference/engine/network.ts";
import { shownPorts } from "#actors/inference/engine/shown-ports.ts";
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
    const work = { warmUp: () => batched.run({ x }).then(() => undefined) };
    await warmUp(work, warmSizes(batched, batching));
    assert.deepEqual(runs, [1, 2, 4, 8]);
  });
});

describe("what is told of inputs and outputs", () => {
  const long = "\u00fc".repeat(100_000);
  const huge = { name: long, type: long, shape: Array.from({ length: 1_000 }, () => long) };

  it("fits into a frame, whatever the file declares", () => {
    const many = Array.from({ length: 1_000 }, () => huge);
    const ports = shownPorts({ inputs: many, outputs: many });
    const model = { name: "m", platform: "p", loadMs: 1, warmupMs: 1, ...ports };
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
