// Runs that do not end, in the way of others: who is not at fault does not wait until they are given up.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Failure } from "#protocols/failure.ts";
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
  return (image: Uint8Array, signal?: AbortSignal) => repository.repair("endless", image, signal);
}

const ended = (repaired: Promise<unknown>): Promise<string> =>
  repaired.then(
    () => "done",
    (why: unknown) => Failure.of(why).code,
  );

test("who runs together with one that never ends is answered long before that is given up", {
  timeout: 120_000,
}, async (context) => {
  const repair = await openEndless(context, 8_000);
  const beganMs = performance.now();
  const slow = ended(repair(whiteImage));
  const others = Array.from({ length: 3 }, () => ended(repair(greyImage)));
  assert.deepEqual(await Promise.all(others), ["done", "done", "done"]);
  assert.ok(performance.now() - beganMs < 8_000, "before a run may be too long");
  assert.equal(await slow, "timeout");
});

test("a run that is for nobody any more does not hold up those who were not in it", {
  timeout: 120_000,
}, async (context) => {
  const repair = await openEndless(context, 60_000);
  const giveUp = new AbortController();
  const slow = ended(repair(whiteImage, giveUp.signal));
  await new Promise((resolve) => setTimeout(resolve, 800));
  const others = [ended(repair(greyImage)), ended(repair(greyImage))];
  giveUp.abort();
  const beganMs = performance.now();
  assert.equal(await slow, "cancelled");
  assert.deepEqual(await Promise.all(others), ["done", "done"]);
  assert.ok(performance.now() - beganMs < 20_000);
});
