// A single picture: what may be said of its repair, how far it is meanwhile, and who goes away.
import assert from "node:assert/strict";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { runCommandLine } from "#nodes/cli/command-line.ts";
import { StandInGateway } from "./batch/stand-in-gateway.ts";
import { TerminalDouble } from "./terminal-double.ts";

async function stage(context: TestContext, kind: "pipe" | "terminal" = "pipe") {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-one-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  await writeFile(file("a.png"), "picture");
  await writeFile(file("m.png"), "mask");
  const gateway = await StandInGateway.start(context);
  const terminal = new TerminalDouble(kind);
  const words = ["inpaint", file("a.png"), "--mask", file("m.png"), "--url", gateway.url];
  const run = (...more: readonly string[]) => runCommandLine([...words, ...more], terminal);
  return { file, gateway, terminal, run };
}

test("model and strategy go with a single picture, and a model that nobody offers is refused", async (context) => {
  const { file, gateway, terminal, run } = await stage(context);
  let model: unknown;
  gateway.before = (request) => {
    if (request.url === "/inpaint") model = request.headers["x-troupe-model"];
    return false;
  };
  const wishes = ["--model", "diffuse", "--strategy", "Original", "--out", file("b.png")];
  assert.equal(await run(...wishes), 0, terminal.errText);
  assert.equal(model, "diffuse");
  const [task] = gateway.tasks.values();
  assert.match(String(task?.body), /name="hdStrategy"\r\n\r\nOriginal/);
  assert.equal(await readFile(file("b.png"), "utf8"), "repaired");
  assert.equal(await run("--model", "lama"), 1);
  assert.match(terminal.errText, /no worker offers the model lama; offered are: diffuse/);
  assert.equal(gateway.submissions, 1);
});

const running = (progress: number, progressMessage: string) => ({
  kind: "pending" as const,
  view: { status: "running", progress, progressMessage },
});

test("a terminal shows how far the picture is, and is left without a trace of it", async (context) => {
  const { file, gateway, terminal, run } = await stage(context, "terminal");
  const stages = [running(0.1, "running"), running(0.5, "running, 5 of 9")];
  gateway.end = () => stages.shift() ?? { kind: "repaired", bytes: "done" };
  assert.equal(await run(), 0, terminal.errText);
  assert.match(terminal.errText, /running \[#{10}-{10}\] 50\/100 running, 5 of 9/);
  const lines = terminal.errText.split("\r\u001b[2K");
  assert.match(lines.at(-1) ?? "", /^worker-1 repaired it in \d+ ms \(.*task t1\), 4 B\n$/);
  assert.equal(terminal.outText, `${file("a-repaired.png")}\n`);
});

test("where there is no terminal each line stands for itself", async (context) => {
  const { gateway, terminal, run } = await stage(context);
  const waits: string[] = [];
  gateway.before = ({ url = "" }) => {
    if (url.includes("?wait=")) waits.push(url.split("=")[1] ?? "");
    return false;
  };
  const stages = [running(0.2, "running, 2 of 9")];
  gateway.end = () => stages.shift() ?? { kind: "repaired", bytes: "done" };
  assert.equal(await run(), 0, terminal.errText);
  assert.deepEqual(waits, ["10", "10"]);
  const [first, second] = terminal.errText.split("\n");
  assert.equal(first, "running [####----------------] 20/100 running, 2 of 9");
  assert.match(second ?? "", /^worker-1 repaired it/);
  assert.ok(!terminal.errText.includes("\u001b"));
});

test("Ctrl-C cancels the task, and nothing is written", async (context) => {
  const { file, gateway, terminal, run } = await stage(context);
  gateway.end = () => {
    process.emit("SIGINT", "SIGINT");
    return new Promise(() => undefined);
  };
  assert.equal(await run(), 130);
  assert.deepEqual(gateway.cancelled, ["t1"]);
  assert.equal(terminal.errText, "task t1 is cancelled: its worker was asked to stop\n");
  await assert.rejects(access(file("a-repaired.png")));
  assert.equal(process.listenerCount("SIGINT"), 0);
});

test("Ctrl-C while the picture is sent cancels the task that comes of it", async (context) => {
  const { gateway, run } = await stage(context);
  gateway.before = (request) => {
    if (request.url === "/inpaint") process.emit("SIGTERM", "SIGTERM");
    return false;
  };
  assert.equal(await run(), 143);
  assert.deepEqual(gateway.cancelled, ["t1"]);
});

test("a task that failed tells why, and is not cancelled", async (context) => {
  const { gateway, terminal, run } = await stage(context, "terminal");
  gateway.end = () => ({ kind: "failed", status: 400, code: "bad_image" });
  assert.equal(await run(), 1);
  assert.match(terminal.errText, /troupe: the gateway answered 400: this is bad_image\n$/);
  assert.deepEqual(gateway.cancelled, []);
});

test("a gateway that breaks off in the middle is asked again", async (context) => {
  const { gateway, terminal, run } = await stage(context);
  let breaks = 2;
  gateway.before = (request) => {
    if (!request.url?.includes("/files/") || breaks === 0) return false;
    breaks -= 1;
    request.socket.destroy();
    return true;
  };
  assert.equal(await run(), 0, terminal.errText);
  assert.equal(terminal.errText.match(/waiting for the cluster: cannot reach/g)?.length, 1);
  assert.equal(gateway.submissions, 1);
});
