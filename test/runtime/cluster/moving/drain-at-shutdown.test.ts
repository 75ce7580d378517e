// A node that ends in order, and what becomes of its actors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startSystem } from "#runtime/start-system.ts";
import { LedgerActor, ParentActor } from "./numbered-actors.ts";

const start = (name: string, peers: ReadonlyMap<string, string>, log: string[], drainMs?: number) =>
  startSystem({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "hall",
    peers,
    protocols: [LedgerActor.protocol],
    actors: [LedgerActor],
    ...(drainMs === undefined ? {} : { drainMs }),
    log: {
      write: (_, actor, text, fields) => log.push(`${actor} ${text} ${JSON.stringify(fields)}`),
    },
  });

test("a node that is shut down gives away what can move, and tells what ends with it", async () => {
  const log: string[] = [];
  const hall = await start("hall", new Map(), []);
  try {
    const attic = await start("attic", new Map([["hall", hall.address]]), log, 5_000);
    await attic.session.opened;
    const ledger = attic.system.spawn(LedgerActor, { name: "ledger" });
    attic.system.spawn(ParentActor, { name: "parent" });
    await attic.system.register("ledger", ledger);
    ledger.heard("test", 0);
    await attic.system.shutdown();
    const found = await hall.system.lookup(LedgerActor.protocol, "ledger");
    assert.equal(await found.where(), "hall");
    assert.deepEqual((await found.all()).test, [0]);
    const told = log.find((line) => line.includes("1 actors went to other nodes"));
    assert.match(told ?? "", /\/parent: class_unknown/);
  } finally {
    await hall.system.stop();
  }
});

test("a time that is none is refused before anything is opened", async () => {
  await assert.rejects(start("hall", new Map(), [], -1), { code: "invalid", message: /drainMs/ });
});
