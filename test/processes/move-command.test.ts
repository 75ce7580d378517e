// `troupe move` and `troupe drain` have a living actor change its process, and it knows what it knew.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { routeRequests } from "#actors/gateway/router.ts";
import { movingRoutes } from "#actors/gateway/routes/moving-routes.ts";
import { HttpServer } from "#actors/gateway/server.ts";
import { Failure } from "#protocols/failure.ts";
import { ClusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import { runCommandLine } from "../../nodes/cli/command-line.ts";
import { ShopActor, startShops } from "./shop-process.ts";

const program = fileURLToPath(new URL("./shop-process.ts", import.meta.url));

async function troupe(...words: readonly string[]): Promise<string> {
  let said = "";
  const write = (text: string): void => {
    said += text;
  };
  const code = await runCommandLine(words, {
    out: write,
    err: write,
    isTerminal: false,
    columns: 80,
  });
  assert.equal(code, 0, said);
  return said;
}

test("an actor is moved to another process and back by commands, and goes on counting", {
  timeout: 60_000,
}, async () => {
  const near = await startShops("near", new Map());
  const child = fork(program, [near.address], {
    execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
  });
  const handle = routeRequests(movingRoutes(new ClusterMover(near.system)));
  const failed = (cause: unknown): void => assert.fail(Failure.of(cause));
  const server = await HttpServer.listen({ host: "127.0.0.1", port: 0, handle, failed });
  try {
    await once(child, "message");
    const url = `http://127.0.0.1:${server.port}`;
    const shop = near.system.spawn(ShopActor, { name: "shop" });
    assert.equal(await shop.sell(), 1);
    const moved = await troupe("move", "near", "/shop", "far", "--url", url);
    assert.equal(moved, "/shop of near lives on far\n");
    assert.equal(await shop.where(), "far");
    assert.equal(await shop.sell(), 2);
    await troupe("move", "far", "/shop", "near", "--url", url);
    assert.equal(await shop.where(), "near");
    assert.equal(await shop.sell(), 3);
    await troupe("move", "near", "/shop", "far", "--url", url);
    const drained = await troupe("drain", "far", "--url", url);
    assert.match(drained, /^1 moved away from far/);
    assert.equal(await shop.where(), "near");
    assert.equal(await shop.sell(), 4);
  } finally {
    await server.close(1_000);
    const exited = once(child, "exit");
    child.disconnect();
    await exited;
    await near.system.shutdown();
  }
});
