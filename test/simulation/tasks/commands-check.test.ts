// The check of commands, with histories of holds that keep what it promises and that break it by a hair.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistory } from "#runtime/testkit/simulation/checker.ts";
import { commandsOnce } from "./commands-check.ts";
import type { KeptHold } from "./task-facts.ts";

function judged(...holds: readonly (readonly [version: number, pausedBy: string | null])[]) {
  const history = holds.map(([version, pausedBy], index) => {
    const hold: KeptHold = { node: "w", version, pausedBy };
    const place = { id: index, atMs: index, node: "a", incarnation: 1 };
    return {
      kind: "fact",
      name: "kept",
      about: JSON.stringify({ holds: [hold] }),
      ...place,
    } as const;
  });
  return checkHistory(history, [commandsOnce])?.statement;
}

test("a pause that found the node as others left it took effect once", () => {
  assert.equal(judged([1, "p"], [2, null], [2, null], [3, "q"], [3, "q"]), undefined);
});

test("a store that shows its last commit again has done nothing twice", () => {
  assert.equal(judged([1, "p"], [2, null], [1, "p"], [2, null]), undefined);
});

test("a pause that undoes what was ordered since is told", () => {
  assert.equal(judged([1, "p"], [2, null], [3, "p"]), "p took effect on w twice");
  assert.equal(judged([1, "p"], [2, "q"], [3, "p"]), "p took effect on w twice");
});
