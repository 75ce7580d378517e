// Clients in Python drive a cluster of real processes by the control channel.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";
import { commandLine } from "./command-line.ts";
import { formOf, pictureOf } from "./pictures.ts";
import { PythonClient, pythonWithZeromq } from "./python-client.ts";

const python = pythonWithZeromq();
const skip =
  python === undefined
    ? "needs Python with zmq: apt-get install python3-zmq python3-msgpack"
    : false;

const Answer = Compile(
  Type.Object({
    commandId: Type.String(),
    status: Type.String(),
    isReplay: Type.Boolean(),
    response: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    error: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()]),
  }),
);
type Answer = Static<ReturnType<typeof Answer.Type>>;

async function ask(client: PythonClient, message: object): Promise<Answer> {
  const answer = await client.ask(message);
  assert.ok(Answer.Check(answer), `no answer to a command: ${JSON.stringify(answer)}`);
  return answer;
}

/** What the command responded; fails with its error otherwise. */
async function done(client: PythonClient, message: object): Promise<Record<string, unknown>> {
  const { status, response, error } = await ask(client, message);
  assert.equal(status, "completed", `${JSON.stringify(message)}: ${error?.detail}`);
  return response ?? {};
}

async function started(context: TestContext, control: "machine" | "keys") {
  const ends: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const scope = { after: (end: () => Promise<void>) => void ends.push(end) };
  const cluster = await ClusterProcess.start(scope, { workers: 2, slots: 1, control });
  const clientWith = (key?: string): PythonClient => {
    const client = new PythonClient(python ?? "python3", cluster.controlAddress, { key });
    ends.push(() => client.end());
    return client;
  };
  return { cluster, clientWith };
}

const StatusAnswer = Compile(
  Type.Object({
    queue: Type.Object({ queues: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
  }),
);
const slowRetry = { baseMs: 5_000, factor: 2, capMs: 60_000, jitter: "none" };

/** Resolves when the node has become ready for the second time. */
async function readyAgain(cluster: ClusterProcess, name: string): Promise<void> {
  const seen = new Set<number>();
  await cluster.event(({ kind, node }, index) => {
    if (kind === "ready" && node === name) seen.add(index);
    return seen.size > 1;
  });
}

async function submit(cluster: ClusterProcess): Promise<string> {
  const response = await fetch(`${cluster.url}/inpaint`, {
    method: "POST",
    body: formOf(await pictureOf(64)),
    headers: { prefer: "respond-async" },
  });
  assert.equal(response.status, 202, await response.clone().text());
  const task: unknown = await response.json();
  assert.ok(typeof task === "object" && task !== null && "taskId" in task);
  return String(task.taskId);
}

test("a client in Python commands a cluster", { skip, timeout: 180_000 }, async (context) => {
  const { cluster, clientWith } = await started(context, "machine");
  const client = clientWith();

  await context.test("the channel and each node answer a ping", async () => {
    assert.equal((await done(client, { command: "PING" }))["node"], "control");
    for (const node of ["control", "worker-1", "worker-2"]) {
      assert.equal((await done(client, { command: "PING", node }))["node"], node);
    }
  });

  await context.test("MessagePack is answered in MessagePack", async () => {
    const packed = { command: "PING", node: "worker-1", timeoutMs: 5_000 };
    assert.equal((await done(client, { packed }))["node"], "worker-1");
  });

  await context.test("what makes no sense is answered with what is wrong", async () => {
    const hex = (text: string): string => Buffer.from(text).toString("hex");
    const bodies = [
      ["", /empty/],
      [hex("nonsense"), /no JSON/],
      [hex("[]"), /a message is a map/],
      [hex('{"command":"PING","nodes":"a"}'), /members: /],
      [hex('{"command":"ping"}'), /command/],
      ["c1", /MessagePack/],
      ["df7fffffff", /ends too early/],
      [hex(`{"command":"PING","node":${"[".repeat(20)}${"]".repeat(20)}}`), /nested/],
      [hex(`{"command":"${"x".repeat(70_000)}"}`), /at most 65536/],
    ] as const;
    for (const [body, text] of bodies) {
      const frames: unknown = await client.ask({ raw: ["aa", "", body] });
      assert.ok(Array.isArray(frames), `${body.slice(0, 40)} was not answered`);
      assert.deepEqual(frames.slice(0, 2), ["aa", ""]);
      assert.match(Buffer.from(String(frames[2]), "hex").toString("latin1"), text);
    }
    assert.equal((await done(client, { command: "PING" }))["node"], "control");
  });

  await context.test("commands that cannot be are refused and say what there is", async () => {
    const refusals = [
      [{ command: "MAKE_COFFEE" }, "unknown_message", /there are PING/],
      [{ command: "PAUSE_NODE" }, "invalid", /add node/],
      [{ command: "PING", taskId: "1" }, "invalid", /remove taskId/],
      [{ command: "CANCEL_TASK", taskId: "1", parameters: { why: "x" } }, "invalid", /CANCEL_TASK/],
    ] as const;
    for (const [message, code, text] of refusals) {
      const { status, error } = await ask(client, message);
      assert.deepEqual([status, error?.code], ["refused", code]);
      assert.match(error?.detail ?? "", text);
    }
    const { status, error } = await ask(client, { command: "PING", node: "nobody" });
    assert.deepEqual([status, error?.code], ["failed", "not_found"]);
  });

  await context.test("status and metrics tell of the node as it is", async () => {
    const status = await done(client, { command: "GET_NODE_STATUS", node: "worker-1" });
    assert.deepEqual([status["pid"], status["status"]], [cluster.pidOf("worker-1"), "online"]);
    const metrics = await done(client, { command: "GET_NODE_METRICS", node: "worker-1" });
    assert.ok(Array.isArray(metrics["actors"]) && metrics["actors"].length > 0);
  });

  await context.test(
    "paused nodes take no task, a waiting one is cancelled, resumed they work",
    async () => {
      for (const node of ["worker-1", "worker-2"]) {
        assert.equal((await done(client, { command: "PAUSE_NODE", node }))["status"], "paused");
      }
      const taskId = await submit(cluster);
      const cancel = { command: "CANCEL_TASK", taskId, parameters: { reason: "not needed" } };
      assert.equal((await done(client, cancel))["outcome"], "cancelled");
      const ended = await done(client, cancel);
      assert.deepEqual([ended["outcome"], ended["status"]], ["ended", "cancelled"]);
      const waiting = await submit(cluster);
      const before = await fetch(`${cluster.url}/api/tasks/${waiting}/result`);
      assert.equal(before.status, 202);
      await done(client, { command: "RESUME_NODE", node: "worker-2" });
      let response = before;
      while (response.status === 202) {
        response = await fetch(`${cluster.url}/api/tasks/${waiting}/result`);
      }
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("x-troupe-node") ?? "worker-2", "worker-2");
      await done(client, { command: "RESUME_NODE", node: "worker-1" });
    },
  );

  await context.test(
    "a configuration takes effect, and one that comes late is refused",
    async () => {
      const update = (document: object, expected?: number) => ({
        command: "UPDATE_CONFIG",
        parameters: {
          layer: "queue",
          document: JSON.stringify(document),
          ...(expected === undefined ? {} : { expected }),
        },
      });
      const first = await done(client, update({ keyRequired: true }, 0));
      assert.equal(first["superseded"], null);
      const late = await ask(client, update({ keyRequired: false }, 0));
      assert.deepEqual([late.status, late.error?.code], ["failed", "conflict"]);
      const wrong = await ask(client, update({ pendingMaximum: 5 }));
      assert.deepEqual([wrong.status, wrong.error?.code], ["failed", "invalid"]);
      const next = await done(client, update({ keyRequired: false }, Number(first["version"])));
      assert.equal(next["superseded"], first["version"]);
      const paced = { rate: { perSecond: 3 }, completedTtlMs: 60_000, retry: slowRetry };
      await done(client, update(paced));
      const report: unknown = await (await fetch(`${cluster.url}/api/status`)).json();
      assert.ok(StatusAnswer.Check(report));
      const [shown] = report.queue.queues;
      assert.deepEqual(shown, { ...shown, ...paced, rate: { perSecond: 3, burst: 1 } });
      const status = await commandLine("status", "--url", cluster.url);
      assert.match(status.said, /QUEUE .*RATE[^\n]*\ndefault .* 3\/s/);
      const fixed = await ask(client, update({ class: "gpu" }));
      assert.match(fixed.error?.detail ?? "", /class: cannot be changed in a running cluster/);
      await done(client, update({}));
      const model = { layer: "gateway", document: JSON.stringify({ model: "none" }) };
      const unknown = await ask(client, { command: "UPDATE_CONFIG", parameters: model });
      assert.match(unknown.error?.detail ?? "", /there are diffuse/);
    },
  );

  await context.test("the gateway sends repairs to the model that it is told", async () => {
    const parameters = { layer: "gateway", document: '{"model":"diffuse"}', comment: "as before" };
    const updated = await done(client, { command: "UPDATE_CONFIG", parameters });
    assert.equal(updated["layer"], "gateway");
    await cluster.logged((line) => line.includes("repairs go to another model"));
  });

  await context.test("the command line issues the same commands", async () => {
    const troupe = (...words: readonly string[]) =>
      commandLine("control", ...words, "--at", cluster.controlAddress);
    const ping = await troupe("PING", "--node", "worker-1", "--id", "by-hand");
    assert.equal(ping.exitCode, 0, ping.said);
    assert.match(ping.said, /^PING completed \(by-hand\)\n\{\n {2}"node": "worker-1"/);
    assert.match((await troupe("PING", "--node", "worker-1", "--id", "by-hand")).said, /, before/);
    const words = ["--task", "none", "--parameter", "reason=tidying up"];
    const refused = await troupe("CANCEL_TASK", ...words);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.said, /CANCEL_TASK failed .*\nnot_found: there is no task none/);
    const misread = {
      timeout: /'soon' is invalid. Write milli/,
      parameter: /Write it as name=value/,
    };
    for (const [option, text] of Object.entries(misread))
      assert.match((await troupe("PING", `--${option}`, "soon")).said, text);
  });

  await context.test("a node restarts once, however often it is told under one id", async () => {
    const status = { command: "GET_NODE_STATUS", node: "worker-1" };
    const { incarnation } = await done(client, status);
    const restart = { command: "RESTART_NODE", node: "worker-1", commandId: "restart-1" };
    assert.equal((await done(client, restart))["incarnation"], incarnation);
    await readyAgain(cluster, "worker-1");
    const again = await ask(client, restart);
    assert.deepEqual([again.isReplay, again.response?.["incarnation"]], [true, incarnation]);
    const other = await ask(client, { ...restart, node: "worker-2" });
    assert.equal(other.error?.code, "conflict");
    const later = await done(client, status);
    assert.notEqual(later["incarnation"], incarnation);
    assert.equal(later["pid"], cluster.pidOf("worker-1"));
    assert.equal((await done(client, { command: "PING", node: "worker-1" }))["node"], "worker-1");
  });

  await context.test("a node that is shut down stays down, and the director refuses", async () => {
    await done(client, { command: "SHUTDOWN_NODE", node: "worker-2" });
    await cluster.event(({ kind, node }) => kind === "stopped" && node === "worker-2");
    const refused = await ask(client, { command: "SHUTDOWN_NODE", node: "control" });
    assert.deepEqual([refused.status, refused.error?.code], ["failed", "invalid"]);
    const status = await done(client, { command: "GET_NODE_STATUS", node: "worker-2" });
    assert.equal(status["status"], "offline");
    assert.equal((await ask(client, { command: "PING", node: "worker-2" })).status, "failed");
  });

  await context.test("the history tells what was issued, newest first", async () => {
    const page: unknown = await client.ask({ history: "worker-1", limit: 3 });
    assert.match(JSON.stringify(page), /^\{"history": ?\[\{"commandId":/);
    const found: unknown = await client.ask({ find: "restart-1" });
    assert.match(JSON.stringify(found), /"status":"completed".*"issuedBy"|"issuedBy":"machine"/);
    assert.deepEqual(await client.ask({ find: "no-such" }), { found: null });
  });

  await context.test("a node that stands still is no node that has obeyed", async () => {
    const pid = cluster.pidOf("worker-1");
    process.kill(pid, "SIGSTOP");
    try {
      const still = { node: "worker-1", timeoutMs: 2_500 };
      const ping = ask(client, { command: "PING", ...still });
      const ended = ask(client, { command: "SHUTDOWN_NODE", commandId: "still", ...still });
      assert.equal((await ping).status === "completed", false);
      assert.equal((await ended).status === "completed", false);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    const again = await ask(client, {
      command: "SHUTDOWN_NODE",
      node: "worker-1",
      commandId: "still",
    });
    assert.equal(again.isReplay, true);
  });
});

test("the director restarts, and what was answered before is answered the same", {
  skip,
  timeout: 120_000,
}, async (context) => {
  const { cluster, clientWith } = await started(context, "machine");
  const client = clientWith();
  const restart = { command: "RESTART_NODE", node: "control", commandId: "restart-director" };
  const { incarnation } = await done(client, restart);
  await readyAgain(cluster, "control");
  const again = await ask(client, restart);
  assert.deepEqual([again.isReplay, again.response?.["incarnation"]], [true, incarnation]);
  assert.equal((await done(client, { command: "PING" }))["node"], "control");
});
