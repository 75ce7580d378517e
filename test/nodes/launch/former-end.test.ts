import assert from "node:assert/strict";
import { test } from "node:test";
import { formerEndIn, formerEndText, formerEndVariable } from "#nodes/launch/former-end.ts";
import { formerEndLengthMax } from "#protocols/tasks/node.ts";

test("how a process ended reaches the next one, cut to what may be said", () => {
  const read = (reason: string) =>
    formerEndIn({ [formerEndVariable]: formerEndText({ at: 7, reason }) });
  assert.deepEqual(read("was killed by SIGKILL"), { at: 7, reason: "was killed by SIGKILL" });
  const long = "x".repeat(formerEndLengthMax);
  assert.deepEqual(read(`${long}x`), { at: 7, reason: long });
});

test("a node starts all the same when what it is told makes no sense", () => {
  for (const text of ["", "{", "7", "{}", '{"at":"soon","reason":"?"}', '{"at":-1,"reason":""}']) {
    assert.equal(formerEndIn({ [formerEndVariable]: text }), undefined, text);
  }
  assert.equal(formerEndIn({}), undefined);
});
