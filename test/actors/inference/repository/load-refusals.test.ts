import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadRefusals } from "#actors/inference/repository/load-refusals.ts";

test("when a version is tried next is told until then, and not while it is tried", () => {
  const refusals = new LoadRefusals();
  const target = { version: 2, fingerprint: "2 a" };
  const tries = { count: 3, nextAt: Date.UTC(2026, 0, 1) };
  const reason = "its server is away";
  refusals.add(target, { reason, code: "unavailable", standing: "awaited", tries });
  const next = "tried 3 times in a row, next at 2026-01-01T00:00:00.000Z: its server is away";
  assert.equal(refusals.textOf(2), next);
  refusals.forgive(2);
  assert.equal(refusals.textOf(2), undefined);
  assert.equal(refusals.lastReasonOf(2), reason);
  assert.equal(refusals.countOf(target, "unavailable"), 1);
});
