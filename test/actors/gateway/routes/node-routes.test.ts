import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeService } from "#actors/gateway/node-service.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { nodeRoutes } from "#actors/gateway/routes/node-routes.ts";

const handle = routeRequests(nodeRoutes(new NodeService()));

const posted = (path: string, body: object) => ({
  ...{ method: "POST", path, query: "", remote: "127.0.0.1" },
  headers: new Map([
    ["host", "127.0.0.1:8080"],
    ["content-type", "application/json"],
  ]),
  body: Buffer.from(JSON.stringify(body)),
  signal: new AbortController().signal,
});

const refusals: readonly (readonly [string, object, RegExp])[] = [
  ["/api/nodes/w/pause", { reason: "" }, /: reason must not have fewer than 1 char/],
  ["/api/nodes/w/pause", { reason: "x".repeat(5_000) }, /: reason must not have more than 1024/],
  ["/api/nodes/w/pause", { reason: "x", who: "ada" }, /: who is not known; leave it out/],
  ["/api/nodes", { cores: "two" }, /: cores must be integer/],
  ["/api/nodes", { core: 2 }, /: core is not known; leave it out/],
];

for (const [path, body, detail] of refusals) {
  test(`${path} names what does not fit in ${JSON.stringify(body).slice(0, 40)}`, async () => {
    await assert.rejects(async () => handle(posted(path, body)), { code: "invalid", detail });
  });
}
