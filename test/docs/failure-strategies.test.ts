import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";

test("docs/errors.md lists every class of failures with what is done about it", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const row = /^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| (\w+) \| (\w+) \| (\w+) \|$/gm;
  const listed = [...page.matchAll(row)].map((match) => match.slice(1));
  assert.deepEqual(
    listed,
    Object.entries(failureStrategies).map(([name, strategy]) => [
      name,
      strategy.retriesMax === null ? "as many as the task has" : String(strategy.retriesMax),
      strategy.elsewhereMsMax === 0
        ? "anywhere"
        : `elsewhere, ${strategy.elsewhereMsMax / 1_000} s`,
      strategy.blames,
      strategy.endsAs,
      strategy.alertFrom === null ? "never" : String(strategy.alertFrom),
    ]),
  );
});
