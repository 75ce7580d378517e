// Real processes: the owner of a singleton is frozen past the end of its session, another takes over,
// and the first one wakes up.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { singletonRef } from "#runtime/cluster/names/singleton-ref.ts";
import { startSystem } from "#runtime/start-system.ts";
import { codeOf } from "../directory/directory-contract.ts";
import { FencedLedger, FencedLedgerActor, Pulse } from "./pulse-singleton.ts";

const ttlMs = 900;

class PulseNode {
  readonly heard: string[] = [];
  readonly child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(name: string, address: string) {
    const file = fileURLToPath(new URL("./pulse-process.ts", import.meta.url));
    this.child = fork(file, [name, address, String(ttlMs)], {
      execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
    });
    this.child.on("message", (what) => {
      this.heard.push(String(what));
      for (const look of this.#waiting) look();
    });
  }

  hears(beginning: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.heard.some((what) => what.startsWith(beginning))) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}

test("an owner that was frozen past its time writes nothing more, and lets nothing through", async () => {
  const d = await startSystem({
    node: { name: "d", incarnation: Date.now() },
    bind: "tcp://127.0.0.1:*",
    director: "d",
    peers: new Map(),
    protocols: [FencedLedger, Pulse],
    log: { write: () => {} },
  });
  const ledger = d.system.spawn(FencedLedgerActor);
  await d.system.register("ledger", ledger);
  const x = new PulseNode("x", d.address);
  let y: PulseNode | undefined;
  try {
    await x.hears("began");
    y = new PulseNode("y", d.address);
    await y.hears("ready");
    const entry = await d.session.directory.get("names/pulse");
    assert.equal(entry?.session?.name, "x");
    const door = d.system.refTo(Pulse, { node: "x", path: "/keeper" });
    assert.equal(await door.say("awake"), "x");

    x.child.kill("SIGSTOP");
    const late = codeOf(door.$.with({ within: 10_000 }).say("while frozen"));
    await y.hears("began");
    const ref = singletonRef(d.system, d.session.directory, { protocol: Pulse, name: "pulse" });
    assert.equal(await ref.say("to the new one"), "y");
    x.child.kill("SIGCONT");
    assert.ok(["unavailable", "node_down"].includes(await late), "the door is shut");
    await x.hears("lost");
    await x.hears("ended");
    assert.equal(await ref.say("still the new one"), "y");

    const accepted = await ledger.accepted();
    const fences = accepted.map(({ fence }) => fence);
    assert.deepEqual(
      fences,
      [...fences].sort((a, b) => a - b),
      "fences only grow",
    );
    const firstOfY = accepted.findIndex(({ node }) => node === "y");
    assert.ok(
      accepted.slice(firstOfY).every(({ node }) => node === "y"),
      "one owner at a time",
    );
    assert.ok(accepted.every(({ told }) => told !== "while frozen"));
    assert.ok((await ledger.refused()).every(({ node }) => node === "x"));
  } finally {
    await x.end();
    await y?.end();
    await d.system.stop(0);
  }
});
