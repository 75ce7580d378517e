// Who may have actors moved, and who may not: real nodes, and orders as the server hands them over.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";
import type { HttpRequest, HttpResponse } from "#actors/gateway/http-message.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { movingRoutes } from "#actors/gateway/routes/moving-routes.ts";
import { HttpServer } from "#actors/gateway/server.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { ClusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import { spawnMover } from "#runtime/cluster/moving/mover-actor.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";

interface Shop {
  where(): string;
}
const Shop = protocol<Shop>("test.MovedShop@1", { where: ask });

class ShopActor extends Actor<Shop> implements Handlers<Shop> {
  static readonly protocol = Shop;
  where(): string {
    return this.ctx.node.name;
  }
}

const start = (name: string, peers: ReadonlyMap<string, string>): Promise<StartedNode> =>
  startSystem({
    ...{ node: { name, incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "near", peers },
    ...{ protocols: [Shop], actors: [ShopActor], log: { write: () => {} } },
  });

const json = ["content-type", "application/json"] as const;
const here = ["host", "127.0.0.1:8080"] as const;

interface Order {
  readonly path: "/api/move" | "/api/drain";
  readonly body: unknown;
  readonly remote?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

describe("orders to move actors", () => {
  let near: StartedNode;
  let far: StartedNode;
  let handle: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

  before(async () => {
    near = await start("near", new Map());
    far = await start("far", new Map([["near", near.address]]));
    for (const { session, system } of [near, far]) {
      await session.opened;
      spawnMover(system);
    }
    handle = routeRequests(movingRoutes(new ClusterMover(near.system)));
  });
  after(async () => {
    await far.system.shutdown();
    await near.system.shutdown();
  });

  const order = async ({ path, body, remote = "127.0.0.1", headers = [here, json] }: Order) =>
    handle({
      ...{ method: "POST", path, query: "", headers: new Map(headers), remote },
      ...{ body: Buffer.from(JSON.stringify(body)), signal: new AbortController().signal },
    });
  const drain = { path: "/api/drain", body: { node: "near" } } as const;

  for (const remote of [
    "10.0.0.7",
    "192.168.1.4",
    "::ffff:10.0.0.7",
    "fe80::1",
    "2001:db8::1",
    "",
  ]) {
    test(`one who calls from ${remote || "nowhere known"} moves nothing`, async () => {
      const shop = near.system.spawn(ShopActor);
      const { path } = shop.$.address;
      const move = { path: "/api/move", body: { node: "near", path, to: "far" }, remote } as const;
      for (const refused of [move, { ...drain, remote }]) {
        await assert.rejects(order(refused), /invalid: only the machine of the gateway may/);
      }
      assert.equal(await shop.where(), "near");
      await near.system.stopActor(shop);
    });
  }

  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""]) {
    test(`one that calls this machine ${host || "by no name"} moves nothing`, async () => {
      const headers = host === "" ? [json] : ([["host", host], json] as const);
      for (const refused of [drain, { ...drain, path: "/api/move" } as const]) {
        await assert.rejects(order({ ...refused, headers }), /only the machine of the gateway may/);
      }
    });
  }

  for (const sign of ["forwarded", "via", "x-forwarded-for", "x-real-ip"]) {
    test(`what bears "${sign}" was passed on for somebody else and moves nothing`, async () => {
      const passedOn = [here, json, [sign, "203.0.113.9"]] as const;
      await assert.rejects(order({ ...drain, headers: passedOn }), /do not come through a proxy/);
    });
  }

  test("a page moves nothing, also one of this machine, nor does who sends no JSON", async () => {
    const origin = ["origin", "http://127.0.0.1:8080"] as const;
    await assert.rejects(order({ ...drain, headers: [here, json, origin] }), /a page may not/);
    const text = ["content-type", "text/plain"] as const;
    await assert.rejects(order({ ...drain, headers: [here, text] }), /application\/json/);
    await assert.rejects(order({ ...drain, body: [] }), /the order is not like/);
    await assert.rejects(order({ ...drain, path: "/api/move" }), /the order is not like/);
  });

  test("a name of another machine in the host is refused over a real connection, too", async () => {
    const failed = (cause: unknown): void => assert.fail(Failure.of(cause));
    const server = await HttpServer.listen({ host: "127.0.0.1", port: 0, handle, failed });
    const statusFor = (host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { host, "content-type": "application/json" };
        const { port } = server;
        const asked = httpRequest(
          { port, path: "/api/drain", method: "POST", headers },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode ?? 0);
          },
        );
        asked.on("error", reject);
        asked.end(JSON.stringify({ node: "far" }));
      });
    try {
      assert.equal(await statusFor("rebound.example"), 400);
      assert.equal(await statusFor(`localhost:${server.port}`), 200);
    } finally {
      await server.close(1_000);
    }
  });

  for (const [remote, host] of [
    ["127.0.0.1", "127.0.0.1:8080"],
    ["127.9.9.9", "localhost"],
    ["::1", "[::1]:8080"],
    ["0000:0000:0000:0000:0000:0000:0000:0001", "localhost:1"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["0000:0000:0000:0000:0000:ffff:7f00:0001", "127.0.0.1"],
  ] as const) {
    test(`who is at ${remote} and asks ${host} has an actor moved, and the node drained`, async () => {
      const shop = near.system.spawn(ShopActor);
      const { path } = shop.$.address;
      const headers = [["host", host], json] as const;
      const body = { node: "near", path, to: "far" };
      const moved = await order({ path: "/api/move", body, remote, headers });
      assert.equal(moved.status, 200);
      assert.equal(await shop.where(), "far");
      const drained = await order({ ...drain, body: { node: "far" }, remote, headers });
      assert.equal(drained.status, 200);
      assert.equal(await shop.where(), "near");
      await near.system.stopActor(shop);
    });
  }
});
