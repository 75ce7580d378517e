import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { canTellProcesses, isRunning } from "../../run/leftovers.ts";
import { isAlive } from "./launch-recorder.ts";

const fileOf = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));
const loader = import.meta.resolve("#runtime/host/typescript-loader.mjs");

/** What never comes is not waited for. */
const bounded = { timeout: 60_000 };

let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-signals-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** What a failed test leaves running is ended after it; nodes end with whoever launched them. */
const talkers: Talker[] = [];
afterEach(async () => {
  for (const { child, exited } of talkers.splice(0)) {
    child.kill("SIGKILL");
    await exited;
  }
});

/** A child whose lines on stdout can be waited for, and whose end is told after its last word. */
class Talker {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  #look: () => void = () => undefined;
  #hasEnded = false;

  constructor(args: readonly string[], stdio: "pipe" | "ipc") {
    this.child = spawn(process.execPath, ["--import", loader, ...args], {
      stdio: stdio === "ipc" ? ["ignore", "pipe", "inherit", "ipc"] : ["ignore", "pipe", "inherit"],
    });
    this.exited = this.#end(stdio);
    talkers.push(this);
  }

  async #end(stdio: "pipe" | "ipc"): Promise<{ code: number | null; signal: string | null }> {
    const { child } = this;
    assert.ok(child.stdout);
    const reader = createInterface(child.stdout);
    reader.on("line", (line) => {
      this.lines.push(line);
      this.#look();
    });
    // Lines and messages may come after the exit; a channel closed on this side hides `close`.
    const channelClosed = stdio === "ipc" ? once(child, "disconnect") : undefined;
    await Promise.all([once(child, "exit"), once(reader, "close"), channelClosed]);
    this.#hasEnded = true;
    this.#look();
    return { code: child.exitCode, signal: child.signalCode };
  }

  async until(part: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((one) => one.includes(part));
      if (line !== undefined) return line;
      if (this.#hasEnded) throw new Error(`it ended and never said ${part}: ${this.lines}`);
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

/** Those whose parent died may stay as zombies, where nobody asks for them. */
async function untilGone(pids: readonly number[]): Promise<void> {
  const isThere = canTellProcesses ? isRunning : isAlive;
  while (pids.some(isThere)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test(
  "the first signal ends the cluster in order, and a repeated press is the same press",
  bounded,
  async () => {
    const launcher = launch({ control: "well", a: "well" });
    await launcher.until("all-ready");
    launcher.child.kill("SIGINT");
    launcher.child.kill("SIGINT");
    assert.deepEqual(await launcher.exited, { code: 0, signal: null });
    const orders = (await readFile(launcher.journal, "utf8")).trim().split("\n").slice(4);
    assert.deepEqual(orders.slice(0, 2).sort(), ["drain a", "drain control"]);
    assert.deepEqual(orders.slice(2), ["stop a", "stop control"]);
    await untilGone(pidsOf(launcher.lines));
  },
);

test("a second signal kills what is left at once", bounded, async () => {
  const launcher = launch({ control: "deaf", a: "well" });
  await launcher.until("all-ready");
  launcher.child.kill("SIGTERM");
  await launcher.until("signalled");
  // What comes sooner is the same press; what came a third time might meet nobody who listens.
  await new Promise((resolve) => setTimeout(resolve, 600));
  launcher.child.kill("SIGTERM");
  assert.deepEqual(await launcher.exited, { code: 143, signal: null });
  await untilGone(pidsOf(launcher.lines));
});

test("nodes end when their launcher is killed", bounded, async () => {
  const launcher = launch({ control: "well", a: "well" });
  await launcher.until("all-ready");
  const pids = pidsOf(launcher.lines);
  assert.equal(pids.length, 2);
  launcher.child.kill("SIGKILL");
  await launcher.exited;
  await untilGone(pids);
});

test(
  "a node's session reports ready, drained, and obeys; signals of the terminal are not its own",
  bounded,
  async () => {
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
  },
);

test("a node that cannot start, or cannot go on, says why and exits with 1", bounded, async () => {
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

test("a node ends when its launcher is gone, whenever that happens", bounded, async () => {
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

test("a node without a launcher drains and stops at the first signal", bounded, async () => {
  const node = new Talker([fileOf("fake-session.ts"), "well"], "pipe");
  await node.until("ready at");
  node.child.kill("SIGINT");
  assert.deepEqual(await node.exited, { code: 0, signal: null });
  assert.deepEqual(node.lines.slice(-2), ["drains", "stops"]);
});
