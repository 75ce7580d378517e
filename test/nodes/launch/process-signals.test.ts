import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isAlive } from "./launch-recorder.ts";

const fileOf = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-signals-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A child whose lines on stdout can be waited for, and whose end is told. */
class Talker {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  #look: () => void = () => undefined;

  constructor(args: readonly string[], stdio: "pipe" | "ipc") {
    this.child = spawn(process.execPath, ["--import", loader, ...args], {
      stdio: stdio === "ipc" ? ["ignore", "pipe", "inherit", "ipc"] : ["ignore", "pipe", "inherit"],
    });
    if (this.child.stdout !== null) {
      createInterface(this.child.stdout).on("line", (line) => {
        this.lines.push(line);
        this.#look();
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.on("exit", (code, signal) => resolve({ code, signal }));
    });
  }

  async until(part: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((one) => one.includes(part));
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }
}

let launchers = 0;
function launch(behaviours: Readonly<Record<string, string>>): Talker & { journal: string } {
  launchers += 1;
  const journal = path.join(folder, `journal-${launchers}`);
  const commands = Object.fromEntries(
    Object.entries(behaviours).map(([name, behaviour]) => [
      name,
      [fileOf("fake-node.mjs"), journal, name, behaviour],
    ]),
  );
  const talker = new Talker(
    [fileOf("fake-launcher.ts"), "30000", JSON.stringify(commands)],
    "pipe",
  );
  return Object.assign(talker, { journal });
}

const pidsOf = (lines: readonly string[]): readonly number[] =>
  lines.flatMap((line) => {
    const event: unknown = JSON.parse(line);
    const isStart = typeof event === "object" && event !== null && "pid" in event;
    return isStart && typeof event.pid === "number" ? [event.pid] : [];
  });

async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("the first signal ends the cluster in order, and a repeated press is the same press", async () => {
  const launcher = launch({ control: "well", a: "well" });
  await launcher.until("all-ready");
  launcher.child.kill("SIGINT");
  launcher.child.kill("SIGINT");
  assert.deepEqual(await launcher.exited, { code: 0, signal: null });
  const orders = (await readFile(launcher.journal, "utf8")).trim().split("\n").slice(4);
  assert.deepEqual(orders.slice(0, 2).sort(), ["drain a", "drain control"]);
  assert.deepEqual(orders.slice(2), ["stop a", "stop control"]);
  await untilGone(pidsOf(launcher.lines));
});

test("a second signal kills what is left at once", async () => {
  const launcher = launch({ control: "deaf", a: "well" });
  await launcher.until("all-ready");
  launcher.child.kill("SIGTERM");
  await launcher.until("signalled");
  const again = setInterval(() => launcher.child.kill("SIGTERM"), 100);
  const { code } = await launcher.exited;
  clearInterval(again);
  assert.equal(code, 143);
  await untilGone(pidsOf(launcher.lines));
});

test("nodes end when their launcher is killed", async () => {
  const launcher = launch({ control: "well", a: "well" });
  await launcher.until("all-ready");
  const pids = pidsOf(launcher.lines);
  assert.equal(pids.length, 2);
  launcher.child.kill("SIGKILL");
  await launcher.exited;
  await untilGone(pids);
});

test("a node's session reports ready, drained, and obeys; signals of the terminal are not its own", async () => {
  const node = new Talker([fileOf("fake-session.ts"), "well"], "ipc");
  const reports: unknown[] = [];
  const ready = once(node.child, "message");
  const drained = new Promise<void>((resolve) => {
    node.child.on("message", (report) => {
      reports.push(report);
      if (reports.length === 2) resolve();
    });
  });
  await ready;
  node.child.kill("SIGINT");
  node.child.kill("SIGHUP");
  node.child.send({ kind: "dance" });
  await node.until("dropped a message");
  node.child.send({ kind: "drain", timeoutMs: 100 });
  await drained;
  node.child.send({ kind: "stop" });
  assert.deepEqual(await node.exited, { code: 0, signal: null });
  assert.deepEqual(reports, [{ kind: "ready", url: "http://127.0.0.1:1" }, { kind: "drained" }]);
  assert.deepEqual(node.lines.slice(-2), ["drains", "stops"]);
});

test("a node that cannot start, or cannot go on, says why and exits with 1", async () => {
  for (const [behaviour, report] of [
    ["refuses", { kind: "failed", code: "invalid", detail: "no such model" }],
    ["fails", { kind: "failed", code: "store_failed", detail: "disk" }],
  ] as const) {
    const node = new Talker([fileOf("fake-session.ts"), behaviour], "ipc");
    const reports: unknown[] = [];
    node.child.on("message", (message) => reports.push(message));
    assert.deepEqual(await node.exited, { code: 1, signal: null });
    assert.deepEqual(reports.at(-1), report);
  }
});

test("a node ends when its launcher is gone, whenever that happens", async () => {
  const early = new Talker([fileOf("fake-session.ts"), "well"], "ipc");
  early.child.disconnect();
  assert.deepEqual(await early.exited, { code: 1, signal: null });
  const hanging = new Talker([fileOf("fake-session.ts"), "hangs"], "ipc");
  await once(hanging.child, "message");
  hanging.child.send({ kind: "stop" });
  await hanging.until("stops");
  hanging.child.disconnect();
  assert.deepEqual(await hanging.exited, { code: 1, signal: null });
});

test("a node without a launcher drains and stops at the first signal", async () => {
  const node = new Talker([fileOf("fake-session.ts"), "well"], "pipe");
  await node.until("ready at");
  node.child.kill("SIGINT");
  assert.deepEqual(await node.exited, { code: 0, signal: null });
  assert.deepEqual(node.lines.slice(-2), ["drains", "stops"]);
});
