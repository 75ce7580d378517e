// Runs that do not end, in the way of others: who is not at fault does not wait until they are given up.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RunRequest } from "#actors/inference/engine-request.ts";
import { Failure } from "#protocols/failure.ts";
import { greyMask, request } from "../engine/engine-fixture.ts";
import { endlessModel, modelConfig, writeModel } from "../engine/onnx-file.ts";
import { greyImage, openRealRepository, whiteImage } from "./real-repository.ts";

const config = { ...modelConfig, batching: { itemsMax: 4, delayMs: 300 } };

async function openEndless(context: TestContext, runTimeoutMs: number) {
  const repository = await openRealRepository(
    (root) => writeModel(root, "endless", endlessModel(0.95, "many"), config),
    { runTimeoutMs },
  );
  context.after(() => repository.stop());
  // How long such runs take is known from now on.
  for (const _ of [1, 2]) await repository.repair("endless", greyImage);
  const mask = await greyMask(8, 8, 255);
  return {
    repair: (image: Uint8Array, signal?: AbortSignal) =>
      repository.repair("endless", image, signal),
    run: (image: Uint8Array, over: Partial<RunRequest>, signal: AbortSignal) => {
      const asked = request(image, mask, { model: "endless", ...over });
      return repository.models.$.with({ signal }).run(asked);
    },
  };
}

const ended = (repaired: Promise<unknown>): Promise<string> =>
  repaired.then(
    () => "done",
    (why: unknown) => Failure.of(why).code,
  );

for (const priority of [0, 2]) {
  test(`who runs together with one that never ends, of priority ${priority}, is answered while that goes on`, {
    timeout: 120_000,
  }, async (context) => {
    const { repair, run } = await openEndless(context, 90_000);
    const giveUp = new AbortController();
    let slowEnd: string | undefined;
    const slow = ended(run(whiteImage, { priority }, giveUp.signal)).then((end) => {
      slowEnd = end;
    });
    const others = Array.from({ length: 3 }, () => ended(repair(greyImage)));
    assert.deepEqual(await Promise.all(others), ["done", "done", "done"]);
    assert.equal(slowEnd, undefined, "before a run may be too long");
    giveUp.abort();
    await slow;
    assert.equal(slowEnd, "cancelled");
  });
}

test("a run that is for nobody any more does not hold up those who were not in it", {
  timeout: 120_000,
}, async (context) => {
  const { repair } = await openEndless(context, 60_000);
  const giveUp = new AbortController();
  const slow = ended(repair(whiteImage, giveUp.signal));
  await new Promise((resolve) => setTimeout(resolve, 800));
  const others = [ended(repair(greyImage)), ended(repair(greyImage))];
  giveUp.abort();
  const beganMs = performance.now();
  assert.equal(await slow, "cancelled");
  assert.deepEqual(await Promise.all(others), ["done", "done"]);
  assert.ok(performance.now() - beganMs < 50_000, "before a run may be too long");
});
