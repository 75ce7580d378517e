// UPDATE_CONFIG of a queue's rules that no queue can go by.
import assert from "node:assert/strict";
import { test } from "node:test";
import { configuredStage } from "./configured-stage.ts";

const refusals: readonly (readonly [string, object, RegExp])[] = [
  ["a word that is none", { pendingMaximum: 5 }, /pendingMaximum: unknown key.*pendingMax\?/],
  ["a number that is too low", { rate: { perSecond: 0 } }, /rate\.perSecond: .*0\.001/],
  ["a weight of nothing", { fairWeights: { ada: 0 } }, /fairWeights\.ada: .*0\.01/],
  ["a weight of whom nobody can be called", { fairWeights: { "a b": 2 } }, /fairWeights/],
  ["a nested word that is none", { retry: { baseMs: 1 } }, /retry\.factor|factor is missing/],
  ["a word of a list", { whenFull: "drop" }, /whenFull: .*reject, evict_lowest/],
  ["a name", { name: "big" }, /name: cannot be changed.*scope says which/],
  ["a class", { class: "gpu" }, /class: cannot be changed.*topology's file/],
  ["a model that is none", { models: ["none"] }, /models\[0\]: there is no model none \(write/],
  ["limits that disagree", { pendingMax: 1, perUserMax: 2 }, /perUserMax: .*write at most 1/],
  [
    "a ceiling below the floor",
    { retry: { baseMs: 9, factor: 2, capMs: 8, jitter: "none" } },
    /retry\.capMs: .*write at least 9/,
  ],
];
test("what a queue cannot go by is refused by its path, with what may be given", async (context) => {
  const { update, store } = await configuredStage(context);
  for (const [what, config, text] of refusals) {
    const { status, error } = await update(config);
    assert.deepEqual([status, error?.code], ["failed", "invalid"], what);
    assert.match(error?.detail ?? "", text, what);
  }
  const routed = await update({ types: ["x"] }, "default");
  assert.match(routed.error?.detail ?? "", /no task is sent there by its types; remove types/);
  const unknown = await update({ pendingMax: 1 }, "smal");
  assert.match(unknown.error?.detail ?? "", /no queue "smal"; the scope is one of default, small/);
  const kept = await store.configHistory({ layer: "queue", scope: "small", limit: 9 });
  assert.deepEqual(kept, [], "nothing became a version");
});
