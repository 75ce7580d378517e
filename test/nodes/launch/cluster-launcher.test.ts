import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ClusterLauncher } from "#nodes/launch/cluster-launcher.ts";
import type { LauncherPlan } from "#nodes/topology/topology-plan.ts";
import { isAlive, LaunchRecorder } from "./launch-recorder.ts";

const script = fileURLToPath(new URL("./fake-node.mjs", import.meta.url));
const plan: LauncherPlan = {
  restartsMax: 3,
  withinMs: 60_000,
  backoff: { delayMsMin: 10, delayMsMax: 40, factor: 2, jitter: 0 },
  startTimeoutMs: 10_000,
  blockedMsMax: 60_000,
  drainTimeoutMs: 5_000,
};

/** What never comes is not waited for. */
const bounded = { timeout: 60_000 };

let folder = "";
let clusters = 0;
/** What a failed test leaves running is ended after it, so that a failure is never a hang. */
const launched: ClusterLauncher[] = [];
afterEach(async () => {
  for (const launcher of launched.splice(0)) {
    launcher.drain();
    launcher.kill();
    await launcher.ended();
  }
});
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-launch-"));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Cluster {
  readonly launcher: ClusterLauncher;
  readonly recorder: LaunchRecorder;
  journal(): Promise<readonly string[]>;
}

/** The nodes are named in the file's order; `control` is the director. */
function cluster(behaviours: Record<string, string>, changes: Partial<LauncherPlan> = {}): Cluster {
  clusters += 1;
  const journal = path.join(folder, `journal-${clusters}`);
  const recorder = new LaunchRecorder();
  const launcher = new ClusterLauncher({
    nodes: Object.keys(behaviours).map((name) => ({ name, isDirector: name === "control" })),
    plan: { ...plan, ...changes },
    observer: recorder,
    command: (name) => ({
      file: process.execPath,
      args: [script, journal, name, behaviours[name] ?? ""],
    }),
  });
  launched.push(launcher);
  const lines = async () => (await readFile(journal, "utf8")).trim().split("\n");
  return { launcher, recorder, journal: lines };
}

function assertAllGone(recorder: LaunchRecorder): void {
  for (const { pid, node } of recorder.of("started")) assert.equal(isAlive(pid), false, node);
}

test("the director is ready before any other node starts", bounded, async () => {
  const { launcher, recorder, journal } = cluster({ a: "well", control: "well", b: "well" });
  assert.equal(await launcher.start(), "ready");
  const lines = await journal();
  assert.deepEqual(lines.slice(0, 2), ["start control", "ready control"]);
  // Of the others each is ready after its own start; which comes first is theirs to decide.
  assert.deepEqual(lines.slice(2).sort(), ["ready a", "ready b", "start a", "start b"]);
  const [control] = launcher.nodes();
  assert.deepEqual(
    [control?.name, control?.state, control?.url],
    ["control", "ready", "http://127.0.0.1:1"],
  );
  launcher.drain();
  assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: [] });
  assertAllGone(recorder);
});

test("every node drains before any stops, and the director stops last", bounded, async () => {
  const { launcher, journal } = cluster({ control: "well", a: "well", b: "well" });
  await launcher.start();
  launcher.drain();
  launcher.drain();
  await launcher.ended();
  const orders = (await journal()).filter((line) => /^(drain|stop)/.test(line));
  assert.deepEqual(orders.slice(0, 3).sort(), ["drain a", "drain b", "drain control"]);
  assert.deepEqual(orders.slice(3), ["stop b", "stop a", "stop control"]);
});

test("a node that is killed from outside is started again, the others go on", bounded, async () => {
  const { launcher, recorder } = cluster({ control: "well", a: "well", b: "well" });
  await launcher.start();
  const [control, first, other] = launcher.nodes();
  assert.ok(first?.pid);
  process.kill(first.pid, "SIGKILL");
  assert.equal((await recorder.nth("exited", 1)).reason, "was killed by SIGKILL");
  assert.equal((await recorder.nth("ready", 4)).node, "a");
  const now = launcher.nodes();
  assert.notEqual(now[1]?.pid, first.pid);
  assert.equal(now[1]?.restarts, 1);
  assert.deepEqual([now[0]?.pid, now[2]?.pid], [control?.pid, other?.pid]);
  launcher.drain();
  await launcher.ended();
  assertAllGone(recorder);
});

test(
  "a node that ends too often takes the cluster down, and its last lines are told",
  bounded,
  async () => {
    const { launcher, recorder, journal } = cluster({ control: "well", a: "crash", b: "well" });
    assert.equal(await launcher.start(), "leaving");
    const end = await launcher.ended();
    assert.equal(end.kind, "gave-up");
    if (end.kind !== "gave-up") return;
    assert.equal(end.node, "a");
    assert.match(end.reason, /exited with code 7, and it ended more than 3 times within 60000 ms/);
    assert.ok(end.lines.includes("a has no idea what to do"));
    assert.deepEqual(
      recorder.of("restarting").map((event) => event.delayMs),
      [10, 20, 40],
    );
    assert.equal((await journal()).filter((line) => line === "start a").length, 4);
    assert.equal((await journal()).at(-1), "stop control");
    assertAllGone(recorder);
  },
);

test("a node that is told to restart may be told so ever again", bounded, async () => {
  const { launcher, recorder } = cluster({ control: "well", a: "comes-back" });
  await launcher.start();
  await recorder.nth("restarting", 8);
  assert.equal(recorder.of("gave-up").length, 0);
  assert.ok(
    recorder.of("restarting").every(({ attempt, delayMs }) => attempt === 1 && delayMs === 10),
  );
  launcher.drain();
  assert.equal((await launcher.ended()).kind, "stopped");
  assertAllGone(recorder);
});

test(
  "a node that does not come back to its event loop is killed, and its successor knows why",
  bounded,
  async () => {
    const { launcher, recorder, journal } = cluster(
      { control: "well", a: "blocks", b: "well" },
      { blockedMsMax: 1_000, restartsMax: 1 },
    );
    await launcher.start();
    const { node, reason } = await recorder.nth("exited", 1);
    assert.equal(node, "a");
    assert.equal(reason, "was away from its event loop for 1000 ms (was killed by SIGKILL)");
    assert.equal((await recorder.nth("gave-up", 1)).node, "a", "it counts as trouble");
    assert.equal((await launcher.ended()).kind, "gave-up");
    assert.deepEqual(
      recorder.of("exited").map((event) => event.node),
      ["a", "a"],
    );
    const told = (await journal()).filter((line) => line.includes(reason));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? "", /^\{"at":\d+,"reason":".*"\} a$/);
  },
);

test("a node that stands still for a while goes on where it was", bounded, async () => {
  const { launcher, recorder } = cluster({ control: "well", a: "well" }, { blockedMsMax: 3_000 });
  await launcher.start();
  const pid = launcher.nodes()[1]?.pid ?? 0;
  for (let times = 0; times < 3; times += 1) {
    process.kill(pid, "SIGSTOP");
    await pause(1_500);
    process.kill(pid, "SIGCONT");
    await pause(700);
  }
  assert.equal(recorder.of("exited").length, 0);
});

test("an ordered end that hangs is killed, told, and counts as trouble", bounded, async () => {
  const terms = { drainTimeoutMs: 100, restartsMax: 0 };
  const returning = cluster({ control: "well", a: "hangs" }, terms);
  const staying = cluster({ control: "well", b: "hangs-away" }, terms);
  await Promise.all([returning.launcher.start(), staying.launcher.start()]);
  const { reason } = await returning.recorder.nth("gave-up", 1);
  assert.match(reason, /was told to end, and did not within 2100 ms \(was killed by SIGKILL\)/);
  assert.equal((await staying.recorder.nth("killed", 1)).node, "b");
  await staying.recorder.nth("stopped", 1);
  assert.equal(staying.launcher.nodes()[0]?.state, "ready");
  staying.launcher.drain();
  assert.deepEqual(await staying.launcher.ended(), { kind: "stopped", killed: ["b"] });
  await returning.launcher.ended();
  assertAllGone(returning.recorder);
  assertAllGone(staying.recorder);
});

test("a start that cannot succeed is not tried again", bounded, async () => {
  const { launcher, recorder, journal } = cluster({ control: "hopeless", a: "well" });
  assert.equal(await launcher.start(), "leaving");
  const end = await launcher.ended();
  assert.ok(end.kind === "gave-up");
  assert.match(end.reason, /failed with invalid: no such model/);
  assert.deepEqual(await journal(), ["start control"]);
  assert.equal(recorder.of("restarting").length, 0);
});

test("a node that is not ready in time is killed and counted as ended", bounded, async () => {
  const { launcher, recorder } = cluster(
    { control: "never-ready" },
    { startTimeoutMs: 300, restartsMax: 1 },
  );
  assert.equal(await launcher.start(), "leaving");
  const end = await launcher.ended();
  assert.ok(end.kind === "gave-up");
  assert.match(end.reason, /was not ready within 300 ms \(was killed by SIGKILL\)/);
  assert.equal(recorder.of("started").length, 2);
  assertAllGone(recorder);
});

test(
  "a node that obeys no order is killed in the end, the others stop in order",
  bounded,
  async () => {
    const { launcher, recorder, journal } = cluster(
      { control: "well", a: "deaf", b: "well" },
      { drainTimeoutMs: 300 },
    );
    await launcher.start();
    launcher.drain();
    assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: ["a"] });
    const stops = (await journal()).filter((line) => line.startsWith("stop"));
    assert.deepEqual(stops, ["stop b", "stop a", "stop control"]);
    assertAllGone(recorder);
  },
);

test("a frozen node is killed in the end", bounded, async () => {
  const { launcher, recorder } = cluster({ control: "well", a: "well" }, { drainTimeoutMs: 200 });
  await launcher.start();
  process.kill(launcher.nodes()[1]?.pid ?? 0, "SIGSTOP");
  launcher.drain();
  assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: ["a"] });
  assertAllGone(recorder);
});

test("a cluster can be ended while it starts", bounded, async () => {
  const { launcher, recorder } = cluster({ control: "never-ready", a: "well" });
  const start = launcher.start();
  await recorder.nth("log", 1);
  launcher.drain();
  assert.equal(await start, "leaving");
  assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: [] });
  assert.equal(recorder.of("started").length, 1);
  assertAllGone(recorder);
});

test("a cluster can be ended while a node waits to be started again", bounded, async () => {
  const slow = { delayMsMin: 60_000, delayMsMax: 60_000, factor: 1, jitter: 0 };
  const { launcher, recorder } = cluster({ control: "crash" }, { backoff: slow });
  const start = launcher.start();
  await recorder.nth("restarting", 1);
  launcher.drain();
  assert.equal(await start, "leaving");
  assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: [] });
});

test("killing ends every process at once", bounded, async () => {
  const { launcher, recorder } = cluster(
    { control: "deaf", a: "deaf" },
    { drainTimeoutMs: 60_000 },
  );
  await launcher.start();
  launcher.drain();
  launcher.kill();
  assert.deepEqual(await launcher.ended(), { kind: "stopped", killed: ["control", "a"] });
  assertAllGone(recorder);
});

test("a command that does not exist is told and given up", bounded, async () => {
  const recorder = new LaunchRecorder();
  const launcher = new ClusterLauncher({
    nodes: [{ name: "control", isDirector: true }],
    plan: { ...plan, restartsMax: 0 },
    observer: recorder,
    command: () => ({ file: path.join(folder, "absent"), args: [] }),
  });
  assert.equal(await launcher.start(), "leaving");
  const end = await launcher.ended();
  assert.ok(end.kind === "gave-up");
  assert.match(end.reason, /could not be started: .*ENOENT/);
});
