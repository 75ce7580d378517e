// The end of every escalation, with a real process: the root gives up, the node ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { supervisionDefault } from "#runtime/core/supervision.ts";

test("a root that gives up ends the node in order, and its process with 1", {
  timeout: 60_000,
}, async () => {
  const loader = import.meta.resolve("#runtime/host/typescript-loader.mjs");
  const file = fileURLToPath(new URL("./doomed-node.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", loader, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.on("exit", resolve));
  try {
    const lines = (await text(child.stdout)).trim().split("\n");
    assert.equal(await exited, 1);
    const births = lines.filter((line) => line === "begins").length;
    assert.equal(births, 1 + supervisionDefault.restartsMax);
    const verdict = /doomed failed more than 5 times in 10000 ms, at last: start threw/;
    assert.match(lines.at(-2) ?? "", verdict);
    assert.equal(lines.at(-1), "bystander has closed its files");
  } finally {
    child.kill("SIGKILL");
  }
});
