// Whoever waits for the models of a node learns at once that nobody loads them any more.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { model, openRepository, version } from "./repository-stage.ts";

const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => assert.fail("it did not fail"),
    (cause: unknown) => Failure.of(cause),
  );

it("who waits for an order, or for all models, fails when the repository stops", async () => {
  const stage = openRepository([model([version(1)]), model([version(1)], { name: "lama" })], {
    ...{ mode: "explicit", load: ["eraser"] },
  });
  stage.script.loadMs = 30_000;
  const settled = failureOf(stage.models.settled());
  const ordered = failureOf(stage.models.load("lama"));
  await stage.advance(1_000);
  await stage.stop();
  const { code, detail } = await stage.until(ordered, 0);
  assert.equal(code, "unavailable");
  assert.match(
    detail,
    /^the model repository of \S+ has ended before what was ordered of lama was done: order it again$/,
  );
  const { detail: why } = await stage.until(settled, 0);
  assert.match(why, /has ended before its models were loaded/);
});

it("what was done before the end is no failure", async () => {
  const stage = openRepository([model([version(1)])], { mode: "explicit" });
  await stage.until(stage.models.load("eraser"));
  await stage.stop();
});
