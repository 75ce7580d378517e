import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StageTeller } from "#actors/inference/engine/stage-teller.ts";
import type { RunStage } from "#actors/inference/engine-messages.ts";
import { openRealRepository, someImage } from "../repository/real-repository.ts";
import { greyMask, request } from "./engine-fixture.ts";
import { negativeModel, writeModel } from "./onnx-file.ts";

function tellerAt() {
  const clock = { ms: 0 };
  const told: RunStage[] = [];
  const teller = new StageTeller(
    (stage) => told.push(stage),
    () => clock.ms,
  );
  return { clock, told, teller };
}

describe("how far a request is", () => {
  it("is told once of one that is done at once", () => {
    const { told, teller } = tellerAt();
    teller.runs();
    teller.step({ done: 0, of: 4 });
    teller.writes();
    assert.deepEqual(told, [{ share: 0.1, message: "running" }]);
  });

  it("is told at most ten times a second, and grows", () => {
    const { clock, told, teller } = tellerAt();
    teller.waits();
    teller.runs();
    for (let done = 0; done < 200; done++) {
      clock.ms += 10;
      teller.step({ done, of: 200 });
    }
    clock.ms += 100;
    teller.writes();
    assert.equal(told.length, 2 + 20 + 1);
    assert.equal(told[2]?.message, "running, 10 of 200");
    const shares = told.map(({ share }) => share);
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
    assert.deepEqual(told.at(-1), { share: 0.9, message: "writing the answer" });
  });

  it("is no step where there is only one", () => {
    const { clock, told, teller } = tellerAt();
    clock.ms = 1_000;
    teller.step({ done: 0, of: 1 });
    assert.deepEqual(told, []);
  });
});

it("a process tells how far its requests are", { timeout: 90_000 }, async () => {
  const repository = await openRealRepository((root) =>
    writeModel(root, "negative", negativeModel()),
  );
  try {
    const mask = await greyMask(8, 8, 255);
    const told: string[] = [];
    const one = (name: string) =>
      repository.models.run({
        ...request(someImage, mask, { model: "negative" }),
        told: ({ message }) => told.push(`${name} ${message}`),
      });
    await one("a");
    assert.deepEqual(told, ["a running"]);
  } finally {
    await repository.stop();
  }
});
