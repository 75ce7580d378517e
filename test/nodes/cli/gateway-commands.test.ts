import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { GatewayClient } from "#nodes/cli/gateway-client.ts";
import { repairedPath } from "#nodes/cli/picture-file.ts";
import { troupe } from "./terminal-double.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-gateway-"));
  await writeFile(path.join(folder, "photo.jpg"), "photo");
  await writeFile(path.join(folder, "mask.png"), "mask");
});
after(() => rm(folder, { recursive: true, force: true }));

/** Serves on a free port while `work` runs. */
async function serving(
  listener: RequestListener,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  const url = await listen(server);
  try {
    await work(url);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** An address at which nobody listens any more. */
async function deserted(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

const file = (name: string): string => path.join(folder, name);
const inpaint = (url: string, ...rest: readonly string[]) =>
  troupe("inpaint", file("photo.jpg"), "--mask", file("mask.png"), "--url", url, ...rest);

test("inpaint sends picture and mask, writes the answer and tells who repaired it", async () => {
  let body = "";
  const listener: RequestListener = async (request, response) => {
    for await (const piece of request) body += String(piece);
    response.setHeader("Content-Type", "image/png");
    response.setHeader("X-Troupe-Node", "worker-2");
    response.setHeader("X-Troupe-Queue-Ms", "3");
    response.setHeader("X-Troupe-Run-Ms", "95");
    response.setHeader("X-Troupe-Attempt", "1");
    response.setHeader("X-Troupe-Task", "t1");
    response.end(`${request.method} ${request.url}`);
  };
  await serving(listener, async (url) => {
    const { exitCode, out, err } = await inpaint(url);
    assert.equal(exitCode, 0, err);
    assert.equal(out, `${file("photo-repaired.png")}\n`);
    assert.match(
      err,
      /^worker-2 repaired it in \d+ ms \(queue 3 ms, run 95 ms, attempt 1, task t1\), 13 B\n$/,
    );
    assert.equal(await readFile(file("photo-repaired.png"), "utf8"), "POST /inpaint");
    assert.match(
      body,
      /name="image"; filename="photo.jpg"[\s\S]*photo[\s\S]*name="mask"; filename="mask.png"[\s\S]*mask/,
    );
    const named = await inpaint(url, "--out", file("clean.png"));
    assert.equal(named.out, `${file("clean.png")}\n`);
  });
});

test("a refusal of the gateway is told with its status and text, and nothing is written", async () => {
  const refuse: RequestListener = (_, response) => {
    response.writeHead(400, { "Content-Type": "text/plain" }).end("Mask shape(1, 2) is wrong");
  };
  await serving(refuse, async (url) => {
    const { exitCode, err } = await inpaint(url, "--out", file("never.png"));
    assert.equal(exitCode, 1);
    assert.match(err, /answered 400: Mask shape\(1, 2\) is wrong/);
    await assert.rejects(readFile(file("never.png")));
  });
});

test("when nobody listens the command says how to start a cluster", async () => {
  const url = await deserted();
  for (const run of [await inpaint(url), await troupe("status", "--url", url)]) {
    assert.equal(run.exitCode, 1);
    assert.match(run.err, /nobody listens at .*: start a cluster with troupe up FILE, or .*--url/);
  }
});

test("pictures that cannot be read are refused before anything is sent", async () => {
  await writeFile(file("empty.png"), "");
  const url = await deserted();
  const runs = [
    [["inpaint", file("absent.jpg"), "--mask", file("mask.png")], /cannot read .*absent\.jpg/],
    [["inpaint", file("photo.jpg"), "--mask", file("empty.png")], /empty\.png is empty/],
    [["inpaint", file("photo.jpg"), "--mask", folder], /is not a file/],
  ] as const;
  for (const [words, pattern] of runs) {
    const { exitCode, err } = await troupe(...words, "--url", url);
    assert.equal(exitCode, 1);
    assert.match(err, pattern);
  }
  const address = await inpaint("127.0.0.1:8080");
  assert.match(address.err, /is no address: write it like http:\/\/127\.0\.0\.1:8080/);
});

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
  },
};

const answering =
  (value: unknown): RequestListener =>
  (_, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(value));
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
node worker-1 is paused (by anna): new disk
node worker-1 is strained: 91 % of its disk is used
node worker-2 is offline: no heartbeat
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
    { queue: "default", ...line, ...none },
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
QUEUE           PENDING  OF   RUNNING  COMPLETED  EVICTED  WAIT   RUN
default               0  100        0          0        0  -      -
small (paused)        4  100        0         12        1  40 ms  1 s
`),
      out,
    );
  });
});

test("a server that is no gateway is named as such", async () => {
  for (const value of [{ hello: 1 }, "text"]) {
    await serving(answering(value), async (url) => {
      const { exitCode, err } = await troupe("status", "--url", url);
      assert.equal(exitCode, 1);
      assert.match(err, /does not answer like a gateway of Troupe/);
    });
  }
});

test("waiting for readiness ends when the gateway is ready, or says what was missing last", async () => {
  let asked = 0;
  const slow: RequestListener = (_, response) => {
    asked += 1;
    response.writeHead(asked < 3 ? 503 : 200).end("no worker offers the model");
  };
  await serving(slow, async (url) => {
    await new GatewayClient(url).untilReady(10_000);
    assert.equal(asked, 3);
  });
  const never: RequestListener = (_, response) => {
    response.writeHead(503).end("no worker offers the model");
  };
  await serving(never, async (url) => {
    await assert.rejects(
      new GatewayClient(url).untilReady(1),
      /unavailable: not ready after 1 ms: no worker/,
    );
  });
});

test("the repaired picture is named after the original and what it contains", () => {
  assert.equal(repairedPath("a/photo.jpeg", "image/webp"), "a/photo-repaired.webp");
  assert.equal(repairedPath("photo.jpeg", "application/octet-stream"), "photo-repaired.jpeg");
  assert.equal(repairedPath("photo", "image/png; q=1"), "photo-repaired.png");
});

test("submit hands over a task with its files, waits for its end and prints it", async () => {
  await writeFile(file("task.json"), '{"type":"inpaint","priority":0}');
  const asked: string[] = [];
  let body = "";
  const listener: RequestListener = async (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["idempotency-key"] ?? ""}`);
    for await (const piece of request) body += String(piece);
    response.setHeader("Content-Type", "application/json");
    const isPost = request.method === "POST";
    response.statusCode = isPost ? 202 : 200;
    response.end(
      isPost
        ? '{"taskId":"t1","task":"/api/v1/tasks/t1","isReplay":false}'
        : '{"status":"completed"}',
    );
  };
  await serving(listener, async (url) => {
    const words = ["--input", `image=${file("photo.jpg")}`, "--key", "once", "--wait", "5"];
    const { exitCode, out } = await troupe("submit", file("task.json"), "--url", url, ...words);
    assert.deepEqual([exitCode, JSON.parse(out)], [0, { status: "completed" }]);
  });
  assert.deepEqual(asked, ["POST /api/v1/tasks once", "GET /api/v1/tasks/t1?wait=5 "]);
  assert.match(body, /name="task"\r\n\r\n{"type":"inpaint","priority":0}/);
  assert.match(body, /name="image"; filename="image"/);
});

test("submit says what is wrong with its words before it asks anybody", async () => {
  await writeFile(file("task.json"), "{}");
  const wrong = [
    [["--wait", "61"], /seconds from 0 to 60/],
    [["--input", "photo.jpg"], /NAME=FILE/],
    [["--input", "image=nowhere.jpg"], /cannot read nowhere.jpg/],
  ] as const;
  for (const [words, text] of wrong) {
    const { exitCode, err } = await troupe("submit", file("task.json"), ...words);
    assert.notEqual(exitCode, 0);
    assert.match(err, text);
  }
});
