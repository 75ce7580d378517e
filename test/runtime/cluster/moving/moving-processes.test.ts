// An actor that moves between real processes, over real links, while senders on all of them go on.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Numberer, startNumbered, WideActor } from "./numbered-process.ts";

const program = fileURLToPath(new URL("./numbered-process.ts", import.meta.url));
const moves = 20;

async function startFar(name: string, peers: readonly (readonly [string, string])[]) {
  const child = fork(program, [name, JSON.stringify(peers)], {
    execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
  });
  const [address]: unknown[] = await once(child, "message");
  return { child, address: String(address) };
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
}

test("between three processes nothing is lost, doubled or reordered, whoever sends", async () => {
  const near = await startNumbered("a", new Map());
  const b = await startFar("b", [["a", near.address]]);
  const c = await startFar("c", [
    ["a", near.address],
    ["b", b.address],
  ]);
  try {
    const ref = near.system.spawn(WideActor);
    const senders = await Promise.all(
      ["a", "b", "c"].map((name) => near.system.lookup(Numberer, `numberer-${name}`)),
    );
    for (const sender of senders) sender.go(ref);
    for (let move = 0; move < moves; move += 1) {
      const to = ["b", "c", "a"][move % 3] ?? "a";
      await near.system.move(ref, { to });
      assert.equal(await ref.where(), to);
    }
    const sent = await Promise.all(senders.map((sender) => sender.halt()));
    const wanted = sent.reduce((sum, count) => sum + count, 0);
    const heard = await ref.heardAll(wanted);
    assert.deepEqual(heard, { count: wanted, wrong: 0 });
    assert.ok(
      sent.every((count) => count > moves),
      `they sent ${sent.join(", ")}`,
    );
  } finally {
    await ended(b.child);
    await ended(c.child);
    await near.system.stop();
  }
});
