// Real processes over ZeroMQ: actors elsewhere are watched, stopped, killed with their process, and
// end with the process of their parent.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";
import { Errand, ErrandActor } from "./errand-actor.ts";
import { placedOnNode } from "./placed-on-node.ts";
import { Worker, WorkerActor } from "./remote-worker.ts";

interface Watcher {
  watch(ref: AnyRef): "watched";
}
const Watcher = protocol<Watcher>("test.RemoteWatcher@1", { watch: ask });

class WatcherActor extends Actor<Watcher, Heard> implements Handlers<Watcher> {
  static readonly protocol = Watcher;
  static initial = (args: Heard): Heard => args;
  watch(ref: AnyRef): "watched" {
    this.ctx.watch(ref);
    return "watched";
  }
  override terminated(ref: AnyRef, exit: Exit): void {
    this.state.ended(ref.$.address.path, exit.kind);
  }
}
interface Heard {
  ended(path: string, kind: Exit["kind"]): void;
}

let a: StartedNode;
const children: ChildProcess[] = [];

async function startProcess(name: string, ...more: readonly string[]): Promise<ChildProcess> {
  const file = fileURLToPath(new URL("./remote-process.ts", import.meta.url));
  const child = fork(file, [name, a.address, ...more], {
    execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
  });
  children.push(child);
  await once(child, "message");
  return child;
}

/** What a watcher has heard, and a promise for each further end. */
function watcher() {
  const heard: string[] = [];
  const waiting = new Set<() => void>();
  const ended = (path: string, kind: Exit["kind"]): void => {
    heard.push(`${path} ${kind}`);
    for (const look of waiting) look();
  };
  const hears = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (heard.length >= count) resolve();
      };
      waiting.add(look);
      look();
    });
  return { heard, hears, ref: a.system.spawn(WatcherActor, { ended }) };
}

before(async () => {
  a = await startSystem({
    node: { name: "a", incarnation: Date.now() },
    bind: "tcp://127.0.0.1:*",
    director: "a",
    peers: new Map(),
    protocols: [Worker, Errand],
    actors: [WorkerActor, ErrandActor],
    log: { write: () => {} },
  });
});

after(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await a.system.stop(0);
});

test("one that is stopped, one that never was and one whose process is killed are told once each", {
  timeout: 60_000,
}, async () => {
  const b = await startProcess("b");
  const spawn = (name: string) => a.system.spawnOn("b", WorkerActor, { from: 1 }, { name });
  const [stopped, killed] = [await spawn("stopped"), await spawn("killed")];
  assert.equal(await killed.where(), "b");
  const unknown = a.system.refTo(Worker, { node: "b", path: "/nobody" });
  const { heard, hears, ref } = watcher();
  for (const watched of [stopped, killed, unknown]) await ref.watch(watched);
  await a.system.stopActor(stopped);
  await hears(2);
  assert.deepEqual(heard.toSorted(), ["/nobody stopped", "/spawner/stopped/stopped stopped"]);
  b.kill("SIGKILL");
  await hears(3);
  assert.equal(heard[2], "/spawner/killed/killed node-down");
  await assert.rejects(killed.where(), { code: "node_down" });
  await a.system.stopActor(killed);
  const anew = await startProcess("b");
  assert.equal(await (await spawn("killed")).where(), "b", "the name is free in its next life");
  await assert.rejects(killed.where(), { code: "node_down" });
  assert.equal(heard.length, 3, "each once");
  anew.kill("SIGKILL");
});

test("a child elsewhere ends when the process of its parent is killed", {
  timeout: 60_000,
}, async () => {
  const parent = await startProcess("p", "a");
  const [path] = placedOnNode(a.system);
  assert.ok(path);
  const { hears, heard, ref } = watcher();
  await ref.watch(a.system.refTo(Worker, { node: "a", path }));
  parent.kill("SIGKILL");
  await hears(1);
  assert.deepEqual(heard, [`${path} stopped`]);
});

test("two nodes that only know the director meet by a ref that is handed on", {
  timeout: 60_000,
}, async () => {
  await startProcess("c");
  await startProcess("e");
  const worker = await a.system.spawnOn("c", WorkerActor, { from: 1 });
  const errand = await a.system.spawnOn("e", ErrandActor);
  assert.equal(await errand.visit(worker), "c");
  await a.system.stopActor(worker);
  await assert.rejects(errand.visit(worker), { code: "actor_stopped" });
});
