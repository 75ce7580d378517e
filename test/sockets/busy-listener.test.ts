import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./busy-listener.ts", import.meta.url));

function start(context: TestContext, words: readonly string[]): ChildProcess {
  const child = spawn(
    process.execPath,
    ["--import", "#runtime/host/typescript-loader.mjs", program, ...words],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  context.after(() => child.kill("SIGKILL"));
  return child;
}

test("a node too busy to read outlives the peer that fills its socket", async (context) => {
  const listener = start(context, ["listen"]);
  assert(listener.stdout);
  const lines = createInterface(listener.stdout)[Symbol.asyncIterator]();
  const address: unknown = (await lines.next()).value;
  const sender = start(context, ["send", String(address)]);
  assert.equal((await lines.next()).value, "busy");
  // Nobody can tell when ZeroMQ has filled its queue.
  await setTimeout(300);
  sender.kill("SIGKILL");
  const ended = once(listener, "exit");
  assert.equal((await lines.next()).value, "alive");
  assert.deepEqual(await ended, [0, null]);
});
