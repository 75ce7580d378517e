// What `troupe status` shows of a cluster.
import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { answering, serving } from "./served-answers.ts";
import { troupe } from "./terminal-double.ts";

const report = {
  cluster: "local",
  uptimeMs: 125_000,
  model: "diffuse",
  nodes: [
    {
      name: "worker-1",
      pid: 42,
      status: "paused",
      statusReason: "new disk",
      formerEnd: { at: 1_700_000_000_000, reason: "exited with code 7" },
      health: { level: "strained", reasons: ["91 % of its disk is used"] },
      runningTasks: 1,
      hold: { kind: "paused", reason: "new disk", by: "anna" },
      statistics: { completed: 7, failed: 2, runSecondsMean: 0.5 },
      capabilities: { cores: 2, memoryBytes: 2 ** 33, models: ["diffuse"], slots: 1 },
      load: { cpuUsage: 0.254, memoryBytes: 150 * 2 ** 20, eventLoopDelayMsP99: 11.26 },
    },
    {
      name: "worker-2",
      pid: null,
      status: "offline",
      statusReason: "no heartbeat",
      runningTasks: 0,
      hold: null,
      statistics: null,
      capabilities: { cores: 2, memoryBytes: 2 ** 33, models: [], slots: 1 },
      load: null,
    },
  ],
  members: [
    { name: "worker-1", incarnation: 7, status: "up", why: "its session is open" },
    { name: "worker-2", incarnation: 8, status: "suspect", why: "frozen: nobody greets" },
  ],
  queue: {
    scheduled: 0,
    pending: 4,
    running: 1,
    completed: 12,
    failed: 0,
    cancelled: 2,
    completedPerSecond: 0.5,
    workers: [
      { node: "worker-1", slots: 4, overdue: 1 },
      { node: "worker-2", slots: 1, overdue: 0 },
    ],
  },
};

test("status shows nodes and queue as tables, or the report as JSON", async () => {
  await serving(answering(report), async (url) => {
    const { exitCode, out } = await troupe("status", "--url", url);
    assert.equal(exitCode, 0);
    assert.equal(
      out,
      `cluster local, up 2 min 5 s, model diffuse

NODE      STATUS   PID  CORES  RUNNING  DONE  FAILED  MEMORY   CPU   LOOP P99  CONFIGURED
worker-1  paused    42      2  1 of 1      7       2  150 MiB  25 %  11.3 ms   diffuse
worker-2  offline  -        2  0 of 1   -     -       -        -     -         -

SCHEDULED  PENDING  RUNNING  COMPLETED  FAILED  CANCELLED  PER SECOND
        0        4        1         12       0          2  0.5
node worker-1 began anew after 2023-11-14T22:13:20.000Z: its former process exited with code 7
node worker-1 is paused (by anna): new disk
node worker-1 is strained: 91 % of its disk is used
node worker-2 is offline: no heartbeat
worker worker-1 takes no tasks: 1 of 4 slots is kept by handlers that do not stop
member worker-2 is suspect: frozen: nobody greets
`,
    );
    const json = await troupe("status", "--url", url, "--json");
    assert.deepEqual(JSON.parse(json.out), report);
  });
});

test("status shows which models are served, by whom, and why one is not", async () => {
  const entry = (node: string, name: string, more: object = {}) => ({
    ...{ node, name, kind: "inpaint", version: 1, state: "READY", reason: "" },
    ...{ aliases: [], isDefault: true, ...more },
  });
  const away = { state: "UNAVAILABLE", reason: `it is away; ${"x".repeat(200)}`, isDefault: false };
  const models = [
    entry("worker-1", "diffuse"),
    entry("worker-2", "diffuse"),
    entry("worker-1", "eraser", away),
  ];
  const silent = [{ node: "worker-3", failure: { code: "timeout", detail: "it did\nnot answer" } }];
  const [first] = report.nodes;
  assert.ok(first);
  const capabilities = { ...first.capabilities, models: ["diffuse", "lama"] };
  const told = { ...report, nodes: [{ ...first, capabilities }] };
  const both: RequestListener = (request, response) =>
    answering(request.url === "/api/models" ? { models, silent } : told)(request, response);
  await serving(both, async (url) => {
    const { out } = await troupe("status", "--url", url);
    assert.ok(
      out.includes(`
MODEL      VERSION  STATE        SERVED BY           REASON
diffuse *  1        READY        worker-1, worker-2
eraser     1        UNAVAILABLE  (worker-1)          it is away; ${"x".repeat(87)}…
lama       -        UNKNOWN      (worker-1)          no node tells of it
models of worker-3: it did not answer
`),
      out,
    );
    const json = JSON.parse((await troupe("status", "--url", url, "--json")).out);
    assert.deepEqual(json, { ...told, served: { models, silent } });
  });
});

test("status shows the rest when nobody knows of the models", async () => {
  const failing: RequestListener = (request, response) => {
    if (request.url !== "/api/models") return answering(report)(request, response);
    response.writeHead(503).end("no worker answers");
  };
  await serving(failing, async (url) => {
    const { exitCode, out } = await troupe("status", "--url", url);
    assert.equal(exitCode, 0);
    assert.match(out, /which models are served is not known: .*503: no worker answers/);
  });
});

test("status shows several queues one by one", async () => {
  const line = { isPaused: false, pending: 0, pendingMax: 100, running: 0, completedTotal: 0 };
  const none = { evictedTotal: 0, queueMsMean: null, runMsMean: null };
  const queues = [
    { queue: "default", ...line, ...none, rate: null, userRate: { perSecond: 2, burst: 1 } },
    {
      queue: "small",
      ...line,
      pending: 4,
      completedTotal: 12,
      evictedTotal: 1,
      queueMsMean: 40,
      runMsMean: 1_500,
      isPaused: true,
    },
  ];
  await serving(answering({ ...report, queue: { ...report.queue, queues } }), async (url) => {
    const { out } = await troupe("status", "--url", url);
    assert.ok(
      out.includes(`
QUEUE           PENDING  OF   RUNNING  COMPLETED  EVICTED  RATE        WAIT   RUN
default               0  100        0          0        0  2/s a user  -      -
small (paused)        4  100        0         12        1  -           40 ms  1 s
`),
      out,
    );
  });
});

test("status says from where the state is read, since when, and why it is not the copy", async () => {
  const reads = { since: Date.UTC(2026, 0, 2, 3, 4, 5), server: "redis://127.0.0.1:6379" };
  const lineOf = async (stateReads: object): Promise<string | undefined> => {
    let line: string | undefined;
    await serving(answering({ ...report, stateReads }), async (url) => {
      const { out } = await troupe("status", "--url", url);
      line = out.split("\n").find((text) => text.startsWith("state is read"));
    });
    return line;
  };
  assert.equal(
    await lineOf({ ...reads, source: "redis", lagMs: 83.4, reason: null }),
    "state is read from redis://127.0.0.1:6379 since 2026-01-02T03:04:05.000Z, 83 ms behind",
  );
  assert.equal(
    await lineOf({ ...reads, source: "embedded", lagMs: null, reason: "Redis is away: gone" }),
    "state is read from the StateManager (embedded) since 2026-01-02T03:04:05.000Z: Redis is away: gone",
  );
  const none = { source: "embedded", lagMs: null, reason: null, since: 0, server: null };
  assert.equal(await lineOf(none), undefined);
});

test("status shows groups of nodes that are scaled, and whoever has left one is no doubt", async () => {
  const group = {
    ...{ group: "worker", min: 1, max: 4, wanted: 3, waiting: 5, running: 2 },
    nodes: [
      { node: "worker-1", phase: "ready" },
      { node: "worker-3", phase: "starting" },
      { node: "worker-4", phase: "leaving" },
    ],
    lastChange: "worker: 1 node become 2: 5 wait and 1 run",
    trouble: "worker-2 is given up: so",
  };
  const hold = { kind: "draining", reason: "scaled: so", by: "node-scaler" };
  const nodes = report.nodes.map((node) => (node.hold === null ? { ...node, hold } : node));
  await serving(answering({ ...report, nodes, scaling: [group] }), async (url) => {
    const { out } = await troupe("status", "--url", url);
    assert.ok(
      out.includes(
        "group worker: 2 of 1 to 4 nodes stand (1 being started), 1 leave, 3 are wanted; 5 tasks wait, 2 run\n" +
          "last change: worker: 1 node become 2: 5 wait and 1 run\n" +
          "trouble: worker-2 is given up: so\n",
      ),
      out,
    );
    assert.ok(!out.includes("node worker-2 is offline"), out);
  });
});

test("status shows what waits and no worker can run, with what it needs, only when there is some", async () => {
  const kind = { queue: "default", model: "lama", requiredSkills: [], skillLevel: 0, machine: {} };
  const far = { ...kind, taskId: "task-2", forMs: 125_000, lacks: [`w: ${"x".repeat(200)}`] };
  const unrunnable = [
    {
      ...{ ...kind, queue: "large", taskId: "task-9", forMs: 40, lacks: ["w: it has no GPU"] },
      ...{ requiredSkills: ["ocr", "ocr"], skillLevel: 0.5 },
      machine: { cores: 8, memoryBytes: 2 ** 34, gpuMemoryBytes: 0, platform: "linux" },
    },
    { ...kind, taskId: "task-1", forMs: 12_000, lacks: ["no worker serves the queue default"] },
    far,
  ];
  const outOf = async (kinds: object): Promise<string> => {
    let text = "";
    await serving(answering({ ...report, queue: { ...report.queue, ...kinds } }), async (url) => {
      text = (await troupe("status", "--url", url)).out;
    });
    return text;
  };
  const out = await outOf({ unrunnable });
  assert.ok(
    out.includes(`
no worker can run what waits here; add one that can, or cancel it:
QUEUE    MODEL  NEEDS                                                SEEN FOR   FIRST TASK  LACKING
default  lama   -                                                    2 min 5 s  task-2      w: ${"x".repeat(96)}…
default  lama   -                                                    12 s       task-1      no worker serves the queue default
large    lama   ocr at 0.5, 8 cores, 16 GiB of memory, a GPU, linux  40 ms      task-9      w: it has no GPU
`),
    out,
  );
  const many = await outOf({ unrunnable: Array.from({ length: 64 }, () => far) });
  assert.match(many, /^and 48 kinds of work more: troupe status --json$/m);
  assert.doesNotMatch(await outOf({ unrunnable: [] }), /no worker can run/);
});
