// Groups of nodes in a launcher's hands: whoever scales them is a process as the nodes are.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ClusterLauncher } from "#nodes/launch/cluster-launcher.ts";
import type { LauncherPlan } from "#nodes/topology/topology-plan.ts";
import { isAlive, LaunchRecorder } from "./launch-recorder.ts";

const script = fileURLToPath(new URL("./fake-node.mjs", import.meta.url));
const plan: LauncherPlan = {
  ...{ restartsMax: 1, withinMs: 60_000, startTimeoutMs: 10_000, drainTimeoutMs: 2_000 },
  blockedMsMax: 60_000,
  backoff: { delayMsMin: 10, delayMsMax: 20, factor: 2, jitter: 0 },
};
const bounded = { timeout: 60_000 };

/** `control` is told by lines of a file what it is to ask of the launcher, and notes who stands. */
async function cluster(
  context: TestContext,
  terms: { readonly min: number; readonly asks: readonly object[]; readonly w?: string },
) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-groups-"));
  const journal = path.join(folder, "journal");
  const recorder = new LaunchRecorder();
  const asks = JSON.stringify(terms.asks);
  const launcher = new ClusterLauncher({
    nodes: [{ name: "control", isDirector: true }],
    groups: [{ group: "w", nodes: ["w-1", "w-2", "w-3"], min: terms.min }],
    scaler: "control",
    plan,
    observer: recorder,
    command: (name) => ({
      file: process.execPath,
      args: [script, journal, name, name === "control" ? "scales" : (terms.w ?? "well"), asks],
    }),
  });
  context.after(async () => {
    launcher.drain();
    launcher.kill();
    await launcher.ended();
    await rm(folder, { recursive: true, force: true });
  });
  const noted = async () => (await readFile(journal, "utf8")).trim().split("\n");
  return { launcher, recorder, noted };
}

const asked = (count: number, acts: { start?: readonly string[]; end?: readonly string[] }) => ({
  ...{ kind: "provide", group: "w", count, reason: "5 wait and 1 run", start: [], end: [] },
  ...acts,
});

test(
  "with the cluster the least of a group start, more when they are asked for",
  bounded,
  async (context) => {
    const asks = [asked(3, { start: ["w-2", "w-3", "stranger"] }), asked(3, { start: ["w-2"] })];
    const { launcher, recorder, noted } = await cluster(context, { min: 1, asks });
    assert.equal(await launcher.start(), "ready");
    await recorder.nth("ready", 4);
    const scaled = recorder.of("scaled");
    assert.deepEqual(scaled, [
      { kind: "scaled", group: "w", from: 1, to: 3, reason: "5 wait and 1 run" },
    ]);
    const names = recorder.of("started").map(({ node }) => node);
    assert.deepEqual(names, ["control", "w-1", "w-2", "w-3"]);
    launcher.drain();
    assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: [] });
    for (const { pid } of recorder.of("started")) assert.equal(isAlive(pid), false);
    const last = (await noted()).findLast((line) => line.includes("ready,w-3:ready"));
    assert.ok(last, (await noted()).join("\n"));
  },
);

test(
  "one that is ended is gone, and can be started once more under its name",
  bounded,
  async (context) => {
    const asks = [
      asked(2, { start: ["w-2"] }),
      asked(1, { end: ["w-2"] }),
      asked(2, { start: ["w-2"] }),
    ];
    const { launcher, recorder } = await cluster(context, { min: 1, asks });
    await launcher.start();
    await recorder.nth("stopped", 1);
    const again = await recorder.nth("ready", 4);
    assert.equal(again.node, "w-2");
    const lives = recorder.of("started").filter(({ node }) => node === "w-2");
    assert.equal(lives.length, 2);
    assert.equal(isAlive(lives[0]?.pid ?? 0), false);
  },
);

test(
  "one that is given up is told of, and the cluster goes on with the others",
  bounded,
  async (context) => {
    const asks = [asked(2, { start: ["w-2"] })];
    const { launcher, recorder, noted } = await cluster(context, {
      min: 1,
      asks,
      w: "crash-but-1",
    });
    await launcher.start();
    await recorder.nth("gave-up", 1);
    await recorder.nth("exited", 2);
    const standing = launcher.nodes().map(({ name }) => name);
    assert.deepEqual(standing, ["control", "w-1"]);
    while (!(await noted()).some((line) => line.includes("w-2:failed"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
);

test("a group whose last node is given up takes the cluster down", bounded, async (context) => {
  const { launcher } = await cluster(context, { min: 1, asks: [], w: "crash" });
  assert.equal(await launcher.start(), "leaving");
  const end = await launcher.ended();
  assert.equal(end.kind === "gave-up" && end.node, "w-1");
});

test(
  "whoever scales is told anew who stands when it was started anew",
  bounded,
  async (context) => {
    const { launcher, recorder, noted } = await cluster(context, { min: 2, asks: [] });
    await launcher.start();
    const before = (await noted()).length;
    const control = launcher.nodes()[0]?.pid;
    assert.ok(control);
    process.kill(control, "SIGKILL");
    await recorder.nth("ready", 4);
    while (!(await noted()).slice(before).includes("standing w-1:ready,w-2:ready control")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
);
