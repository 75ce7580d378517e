// Whole nodes on a real Redis: what goes on while it stands still or forgets, and that no two of them
// ever run the same singleton.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisDirectory } from "#runtime/cluster/directory/redis-directory.ts";
import { singletonOf } from "#runtime/cluster/names/singleton.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import { startSystem } from "#runtime/start-system.ts";
import { Ledger, Scribe, ScribeActor } from "../names/ledger-singleton.ts";
import { codeOf } from "./directory-contract.ts";
import { RedisProcess } from "./redis-process.ts";

const ttlMs = 600;
const Keeper = singletonOf(ScribeActor);
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + 8_000;
  while (!isSo()) {
    assert.ok(Date.now() < deadlineMs, what);
    await pass(5);
  }
}

interface Scene {
  readonly redis: RedisProcess;
  readonly ledger: Ledger;
  start(name: string, incarnation: number): Promise<StartedNode>;
}

async function withScene(act: (scene: Scene) => Promise<void>): Promise<void> {
  const redis = await RedisProcess.start();
  const ledger = new Ledger();
  const nodes: StartedNode[] = [];
  const start = async (name: string, incarnation: number): Promise<StartedNode> => {
    const place = { kind: "server", options: { host: "127.0.0.1", port: redis.port } } as const;
    const node = await startSystem({
      node: { name, incarnation },
      bind: "tcp://127.0.0.1:*",
      director: "nobody",
      peers: new Map(nodes.map(({ address, system }) => [system.node.name, address])),
      protocols: [Scribe],
      redis: { place, withinMs: 1_500 },
      session: { ttlMs },
      log: { write: () => {} },
    });
    nodes.push(node);
    const { session, system } = node;
    system.spawn(Keeper, { name: "scribe", session, args: { ledger } }, { name: "keeper" });
    return node;
  };
  try {
    await act({ redis, ledger, start });
  } finally {
    redis.signal("SIGCONT");
    for (const { session, system } of nodes) {
      await system.stop(0);
      if (session.directory instanceof RedisDirectory) session.directory.disconnect();
    }
    await redis.end();
  }
}

test("while Redis stands still refs go on, claims fail with a code, and owners stop in time", async () => {
  await withScene(async ({ redis, ledger, start }) => {
    const x = await start("x", 1);
    await until(() => ledger.living.has("x"), "x owns it");
    const y = await start("y", 1);
    const scribe = x.system.spawn(ScribeActor, { ledger: new Ledger(), fence: 7 });
    await x.system.register("plain", scribe);
    const plain = await y.system.lookup(Scribe, "plain", 3_000);
    redis.signal("SIGSTOP");
    assert.equal(await plain.write("still there"), 7);
    const claim = codeOf(
      y.system.register("other", y.system.spawn(ScribeActor, { ledger: new Ledger(), fence: 1 })),
    );
    await until(() => x.session.lost !== undefined, "x knows that its time is over");
    await until(() => !ledger.living.has("x"), "and has stopped what it owned");
    assert.ok(["session_lost", "unavailable"].includes(await claim));
    assert.equal(await plain.write("and still"), 7);
    redis.signal("SIGCONT");
    await pass(2 * ttlMs);
    assert.equal(ledger.livingMax, 1);
    await start("z", 1);
    await until(() => ledger.living.has("z"), "whoever starts anew owns it");
    assert.equal(ledger.livingMax, 1);
  });
});

test("a flush and a kill of Redis end all owners before another begins", async () => {
  await withScene(async ({ redis, ledger, start }) => {
    const x = await start("x", 1);
    await until(() => ledger.living.has("x"), "x owns it");
    await redis.command("FLUSHALL");
    const y = await start("y", 1);
    await until(() => ledger.living.has("y"), "y owns it");
    assert.ok(x.session.lost, "x has given up");
    assert.equal(ledger.livingMax, 1);
    await redis.kill();
    await redis.startAgain();
    await start("z", 1);
    await until(() => ledger.living.has("z"), "z owns it");
    assert.ok(y.session.lost, "y has given up");
    assert.equal(ledger.livingMax, 1);
  });
});
