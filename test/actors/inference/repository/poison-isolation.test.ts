// Pictures that end the process which runs them, beside others that were only in the same run.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { endlessModel, modelConfig, poisonedModel, writeModel } from "../engine/onnx-file.ts";
import { greyImage, openRealRepository, whiteImage } from "./real-repository.ts";

const config = { ...modelConfig, batching: { itemsMax: 4, delayMs: 500 } };
const four = [greyImage, whiteImage, greyImage, greyImage];

const cases = [
  {
    what: "takes memory beyond its bound",
    file: poisonedModel(600_000_000),
    terms: { memoryBytesMax: 1_000_000_000 },
    code: "model_failed",
    reason: /^its process ended when it ran alone: .*bytes of memory, at most 1000000000/s,
  },
  {
    what: "never ends",
    file: endlessModel(0.95, "many"),
    terms: { runTimeoutMs: 2_000 },
    code: "timeout",
    reason: /a run of model poisoned took more than 2000 ms; its process was killed/,
  },
] as const;

for (const { what, file, terms, code, reason } of cases) {
  it(`a picture whose run ${what} fails alone`, { timeout: 120_000 }, async () => {
    const repository = await openRealRepository(
      (root) => writeModel(root, "poisoned", file, config),
      terms,
    );
    try {
      const ends = await Promise.allSettled(
        four.map((image) => repository.repair("poisoned", image)),
      );
      const codes = ends.map((end) =>
        end.status === "fulfilled" ? "done" : Failure.of(end.reason).code,
      );
      assert.deepEqual(codes, ["done", code, "done", "done"]);
      const failure = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []))[0];
      assert.match(Failure.of(failure).detail, reason);
      const [told] = await repository.models.statistics({ name: "poisoned" });
      assert.deepEqual([told?.success.count, told?.fail.count], [3, 1]);
      assert.deepEqual(await repository.index(), ["poisoned 1 READY"]);
    } finally {
      await repository.stop();
    }
  });
}
