// A command that starts and ends nodes: how often it is run, and what is told of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { CommandProvider } from "#nodes/launch/command-provider.ts";
import { runProviderCommand } from "#nodes/launch/provider-command.ts";

function stage(outcome: (words: readonly string[]) => string | undefined) {
  const ran: string[] = [];
  const waited: number[] = [];
  let nowMs = 0;
  const provider = new CommandProvider(
    { startTimeoutMs: 60_000 },
    {
      log: { write: () => {} },
      now: () => nowMs,
      run: async (words) => {
        ran.push(words.join(" "));
        return outcome(words);
      },
      wait: async (ms) => void waited.push(ms),
    },
  );
  const later = (ms: number): void => {
    nowMs += ms;
  };
  const provide = async (acts: { start?: readonly string[]; end?: readonly string[] }) => {
    provider.provide({ group: "w", count: 1, reason: "so", start: [], end: [], ...acts });
    for (let round = 0; round < 20; round++) await turn();
  };
  return { provider, ran, waited, later, provide };
}

describe("a provider that runs a command", () => {
  it("says nothing of who stands before those who were there can have registered", () => {
    const { later, provider } = stage(() => undefined);
    assert.equal(provider.standing("w"), undefined);
    later(10_000);
    assert.deepEqual(provider.standing("w"), []);
  });

  it("runs it once for each node, however often it is asked", async () => {
    const { later, provide, ran } = stage(() => undefined);
    for (let second = 0; second < 59; second++) {
      await provide({ start: ["w-1"] });
      later(1_000);
    }
    assert.deepEqual(ran, ["w w-1 start"]);
    await provide({ end: ["w-1"] });
    await provide({ start: ["w-1"] });
    assert.deepEqual(ran, ["w w-1 start", "w w-1 stop", "w w-1 start"]);
  });

  it("tries three times, later each time, and then tells why the node does not stand", async () => {
    const { later, provide, provider, ran, waited } = stage(() => "it exited with code 7");
    later(10_000);
    await provide({ start: ["w-1"] });
    assert.equal(ran.length, 3);
    assert.deepEqual(waited, [1_000, 3_000]);
    const reason = "its command failed 3 times, at last: it exited with code 7";
    assert.deepEqual(provider.standing("w"), [{ node: "w-1", phase: "failed", reason }]);
    await provide({ start: ["w-1"] });
    assert.equal(ran.length, 6);
  });
});

describe("a command", () => {
  const run = async (script: string, timeoutMs = 20_000) => {
    const lines: string[] = [];
    const command = ["sh", "-c", script, "sh"];
    const terms = {
      command,
      folder: "/",
      timeoutMs,
      line: (text: string) => void lines.push(text),
    };
    return { why: await runProviderCommand(terms, ["w", "w-1", "start"]), lines };
  };

  it("gets group, node and what to do, runs in its folder, and its output is told", async () => {
    const script = "echo $1 $2 $3 in $PWD; echo also >&2";
    const { lines, why } = await run(script);
    assert.equal(why, undefined);
    assert.deepEqual([...lines].sort(), ["also", "w w-1 start in /"]);
  });

  it("fails by its exit code, and when it takes too long", async () => {
    assert.equal((await run("exit 3")).why, "it exited with code 3");
    assert.equal((await run("echo a; echo no room; exit 3")).why, "it exited with code 3: no room");
    assert.equal((await run("exec sleep 30", 100)).why, "it did not end within 100 ms");
    const absent = {
      command: ["./no-such-program"],
      folder: "/",
      timeoutMs: 1_000,
      line: () => {},
    };
    assert.match((await runProviderCommand(absent, [])) ?? "", /could not be started: .*ENOENT/);
  });

  it("leaves behind what it started, and is not held by it", async () => {
    const { lines, why } = await run("sleep 2 & echo $!");
    assert.equal(why, undefined);
    const [pid] = lines;
    assert.ok(pid);
    process.kill(Number(pid), "SIGKILL");
  });

  it("is told nothing of the predecessor of the node that runs it", async () => {
    process.env["TROUPE_PREDECESSOR"] = "gone";
    try {
      assert.deepEqual((await run("echo is$TROUPE_PREDECESSOR")).lines, ["is"]);
    } finally {
      delete process.env["TROUPE_PREDECESSOR"];
    }
  });
});
