// A command line that is wrong ends with 2, before anybody is asked: nobody listens here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { troupe } from "./terminal-double.ts";

const lines: readonly (readonly [string, RegExp])[] = [
  ["confirm Xa3 --proceed --reject", /say one of the two: --proceed or --reject/],
  ["confirm Xa3", /say one of the two: --proceed or --reject/],
  ["control PING --timeout 0", /--timeout.*'0' is invalid. Write milliseconds from 1 to/],
  ["control PING --timeout soon", /'soon' is invalid/],
  ["control PING --parameter soon", /'soon' is invalid. Write it as name=value/],
  ["control PING --parameter a=1 =2", /'=2' is invalid. Write it as name=value/],
  ["history --limit 0", /--limit.*'0' is invalid. Write a number from 1 to/],
  ["history --limit 1.5", /'1.5' is invalid/],
  ["history --before soon", /'soon' is invalid. Write a moment like 2026-11-22T12:00:00Z/],
  ["statistics --since 1y", /--since.*'1y' is invalid. Write a time like 90s/],
  ["statistics --since 0s", /'0s' is invalid/],
  ["statistics queue.pending --step 1y", /--step.*'1y' is invalid/],
];

for (const [line, said] of lines) {
  test(`troupe ${line} ends with 2`, async () => {
    const { exitCode, out, err } = await troupe(...line.split(" "));
    assert.deepEqual([exitCode, out], [2, ""]);
    assert.match(err, said);
  });
}
