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

const timedOut = { commandId: "c", status: "timed_out", response: "null", code: "timeout" };
const unknown = { commandId: "c", status: "failed", code: "unknown_outcome", isTaken: false };

function told(...happened: readonly (readonly [name: string, about: object] | "ended")[]) {
  const history = happened.map((fact, id) => {
    const place = { id, atMs: id, node: "a", incarnation: 1 };
    return fact === "ended"
      ? ({ kind: "node-ended", how: "crash", ...place } as const)
      : ({ kind: "fact", name: fact[0], about: JSON.stringify(fact[1]), ...place } as const);
  });
  return checkHistory(history, [commandsOnce])?.statement;
}

const issued = ["issued", { commandId: "c", command: "COUNT", node: "w" }] as const;

test("what the store had not kept when the channel began anew, the history need not know", () => {
  const ended = [issued, ["commanded", timedOut]] as const;
  assert.equal(told(...ended, "ended", ["commandKept", unknown]), undefined);
  assert.equal(told(...ended, ["commandKept", { ...unknown, status: "timed_out" }]), undefined);
});

test("a history that has another end than was answered is told", () => {
  const ended = [issued, ["commanded", timedOut]] as const;
  const other = "c was answered timed_out, and the history has failed";
  assert.equal(told(...ended, ["commandKept", unknown]), other);
  assert.equal(told(...ended, "ended", ["commandKept", { ...unknown, code: "invalid" }]), other);
  const taken = [issued, ["counted", { commandId: "c" }], ["commanded", timedOut]] as const;
  assert.match(
    told(...taken, "ended", ["commandKept", unknown]) ?? "",
    /took effect though nobody/,
  );
});
