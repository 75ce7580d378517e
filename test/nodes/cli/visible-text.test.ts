import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { visibleText } from "#nodes/cli/visible-text.ts";

test("what a terminal would obey is shown, and all else stays", () => {
  const cases = [
    ["\u001b[31mred\u0007", "\\u001b[31mred\\u0007"],
    ["\u001b]0;title\u0007", "\\u001b]0;title\\u0007"],
    ["\u009b2Jgone", "\\u009b2Jgone"],
    ["abc\u202edef\u2066", "abc\\u202edef\\u2066"],
    ["done\rfailed", "done\\u000dfailed"],
    ["a\u0000b\u007f", "a\\u0000b\\u007f"],
    ["Grüße, 世界 👩‍👩‍👧\n\tstay", "Grüße, 世界 👩‍👩‍👧\n\tstay"],
  ] as const;
  for (const [text, shown] of cases) assert.equal(visibleText(text), shown);
});

test("JSON means the same as before", () => {
  const value = { text: "\u001b[0m \u202e \u0085 \\u001b", list: ["a\nb"] };
  const shown = visibleText(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(shown), value);
  assert.ok(!shown.includes("\u001b") && !shown.includes("\u202e"));
});

test("the command line's own terminal obeys nothing that it repeats", () => {
  const troupe = fileURLToPath(new URL("../../../nodes/troupe.mjs", import.meta.url));
  const words = [troupe, "control", "PING", "--timeout", "\u001b]0;title\u0007\u202e"];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.match(stderr, /'--timeout <ms>' argument '\\u001b\]0;title\\u0007\\u202e' is invalid/);
  assert.ok(!`${stdout}${stderr}`.includes("\u001b"));
});
