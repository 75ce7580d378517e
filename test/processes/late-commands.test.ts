// Commands that come to processes that stand still: what has timed out is not done when they go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClientProcess } from "./client-process.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { commandLine } from "./command-line.ts";

const Answer = Compile(
  Type.Object({
    status: Type.String(),
    response: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    error: Type.Union([Type.Object({ detail: Type.String() }), Type.Null()]),
  }),
);

test("a command that timed out while a process stood still is not done by it", {
  timeout: 120_000,
}, async (context) => {
  const ends: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const scope = { after: (end: () => Promise<void>) => void ends.push(end) };
  const cluster = await ClusterProcess.start(scope, { workers: 1, control: "machine" });
  const troupe = async (...words: readonly string[]) => {
    const at = ["--at", cluster.controlAddress, "--json"];
    const { said } = await commandLine("control", ...words, ...at);
    const answer: unknown = JSON.parse(said);
    assert.ok(Answer.Check(answer), said);
    return answer;
  };
  const timedOut = async (pid: number, ...words: readonly string[]): Promise<void> => {
    process.kill(pid, "SIGSTOP");
    try {
      const { status, error } = await troupe(...words, "--timeout", "1500");
      assert.equal(status, "timed_out");
      const said = /was not answered in 1500 ms; .* Give it longer with timeoutMs/;
      assert.match(error?.detail ?? "", said);
      // Behind the deadline, so that its links take up again what waits.
      await setTimeout(3_000);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  };

  for (const command of ["SHUTDOWN_NODE", "RESTART_NODE"]) {
    await context.test(`${command} of a worker`, async () => {
      const pid = cluster.pidOf("worker-1");
      await timedOut(pid, command, "--node", "worker-1");
      while ((await troupe("PING", "--node", "worker-1")).status !== "completed");
      // The order was in front of the ping, and a node says soon that it obeys.
      await setTimeout(1_000);
      assert.ok(!cluster.log.some((line) => line.includes("told to end")));
      assert.equal(cluster.pidOf("worker-1"), pid);
    });
  }

  await context.test("a command of a client's own", async () => {
    const lamp = new ClientProcess(scope, "node", cluster.directorAddress, "lamp");
    await lamp.said("ready");
    await timedOut(lamp.pid, "SWITCH_LIGHT", "--parameter", "color=red");
    const { response } = await troupe("SWITCH_LIGHT", "--parameter", "color=blue");
    assert.deepEqual(response, { color: "blue", former: "white", by: "machine" });
  });
});
