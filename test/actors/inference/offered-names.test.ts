import assert from "node:assert/strict";
import { it } from "node:test";
import { OfferedNames, offeredNamesMax } from "#actors/inference/offered-names.ts";

const boundOf = (names: OfferedNames) => names.bounds[0];

it("up to the bound all names are offered, those of models first", () => {
  const names = new OfferedNames();
  assert.deepEqual(names.serve(["a", "a@1", "b", "b@1", "b@old"]), []);
  assert.deepEqual(names.offered, ["a", "b", "a@1", "b@1", "b@old"]);
  assert.deepEqual(boundOf(names), {
    ...{ bound: "offeredNamesMax", max: offeredNamesMax, highest: 5, reached: 0 },
  });
});

it("beyond it versions give way to models, and who is left out is told once", () => {
  const names = new OfferedNames();
  const models = Array.from({ length: 200 }, (_, at) => [`m${at}`, `m${at}@1`]).flat();
  const leftOut = names.serve(models);
  assert.equal(leftOut.length, 400 - offeredNamesMax);
  assert.ok(leftOut.every((name) => name.endsWith("@1")));
  assert.equal(names.offered.length, offeredNamesMax);
  assert.equal(names.offered.filter((name) => !name.includes("@")).length, 200);
  assert.deepEqual(names.serve(models), [], "the same ones are not told again");
  assert.equal(boundOf(names)?.reached, 400 - offeredNamesMax);
  assert.equal(boundOf(names)?.highest, 400);
});

it("a name that is too long for an offer is left out", () => {
  const names = new OfferedNames();
  const [fits, long] = [`${"n".repeat(60)}@123`, `${"n".repeat(60)}@1234`];
  assert.deepEqual(names.serve([fits, long]), [long]);
  assert.deepEqual(names.offered, [fits]);
});
