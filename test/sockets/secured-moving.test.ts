// Actors move between nodes that have keys as between any others, and to nobody who has none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startSystem } from "#runtime/start-system.ts";
import { Shop, ShopActor } from "../processes/shop-process.ts";
import { KeyFolder, LogLines, openSecurity } from "./keyed-nodes.ts";

test("an actor goes from node to node over links with keys, while it is asked", async () => {
  using keys = new KeyFolder(["a", "b", "c"]);
  const start = async (name: string, peers: ReadonlyMap<string, string>) => {
    const security = await openSecurity(keys, name);
    const node = await startSystem({
      ...{ node: { name, incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "a", peers },
      ...{ protocols: [Shop], actors: [ShopActor], log: new LogLines(), security },
    });
    await node.session.opened;
    return { ...node, end: () => node.system.shutdown().finally(() => security.close()) };
  };
  const a = await start("a", new Map());
  const b = await start("b", new Map([["a", a.address]]));
  const c = await start(
    "c",
    new Map([
      ["a", a.address],
      ["b", b.address],
    ]),
  );
  const nodes = [c, b, a];
  try {
    const shop = a.system.spawn(ShopActor);
    const sold: number[] = [];
    const asked: Promise<unknown>[] = [];
    for (const to of ["b", "c", "a", "c", "b"]) {
      for (let ask = 0; ask < 10; ask++) asked.push(shop.sell().then((count) => sold.push(count)));
      await a.system.move(shop, { to });
      assert.equal(await shop.where(), to);
    }
    await Promise.all(asked);
    assert.deepEqual(
      sold,
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    const stranger = await startSystem({
      ...{ node: { name: "d", incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "a" },
      ...{ peers: new Map([["a", a.address]]), protocols: [Shop], actors: [ShopActor] },
      log: new LogLines(),
    });
    await assert.rejects(a.system.move(shop, { to: "d", within: 1_000 }), /not_found|unavailable/);
    assert.equal(await shop.where(), "b");
    await stranger.system.stop(0);
  } finally {
    for (const node of nodes) await node.end();
  }
});
