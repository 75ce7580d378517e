// The table of failure codes in the documents is the table in the code.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { failureCodes } from "#protocols/failure-codes.ts";

test("docs/writing-actors.md lists every failure code with its meaning", () => {
  const page = readFileSync(new URL("../../docs/writing-actors.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `(\w+)` \| (.+) \| (yes|no) \|$/gm)];
  assert.deepEqual(
    listed.map(([, code, meaning, again]) => [code, meaning, again === "yes"]),
    Object.entries(failureCodes).map(([code, { meaning, retryable }]) => [
      code,
      meaning,
      retryable,
    ]),
  );
});
