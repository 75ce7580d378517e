import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { test } from "node:test";
import type { HttpRequest } from "#actors/gateway/http-message.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { skillRoutes } from "#actors/gateway/routes/skill-routes.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

const machine = { hostname: "box", platform: "linux", arch: "x64" } as const;
const had = (skill: string, level = 1) => ({ skill, level, verifiedAt: null });

async function stage(t: TestContext) {
  const system = await startLocalSystem({ log: { write: () => {} } });
  t.after(() => system.stop());
  await system.started(system.spawn(StoreActor, { kind: "memory" }));
  const store = await system.lookup(Store, "store", 5_000);
  const handle = routeRequests(skillRoutes({ store: async () => store }));
  const headers = { host: "127.0.0.1:8080", "content-type": "application/json" };
  const request = (path: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
    ...{ method: "GET", path: `/api/v1/skills${path}`, query: "", remote: "127.0.0.1" },
    ...{ body: new Uint8Array(), headers: new Map(Object.entries(headers)) },
    ...{ signal: new AbortController().signal, ...changes },
  });
  const get = async (path = "", query = "") => {
    const { body, status } = await handle(request(path, { query }));
    return { status, told: JSON.parse(String(body)) };
  };
  const post = async (path: string, body: unknown, changes: Partial<HttpRequest> = {}) => {
    const bytes = Buffer.from(JSON.stringify(body));
    return (await handle(request(path, { method: "POST", body: bytes, ...changes }))).status;
  };
  return { store, get, post };
}

test("who has which skill is told with levels, and what is missing for it to count", async (t) => {
  const { store, get, post } = await stage(t);
  const both = [had("ocr", 0.5), had("detect-text")];
  await store.registerNode({ node: "whole", leaseMs: 60_000, ...machine, skills: both });
  await store.registerNode({ node: "half", leaseMs: 60_000, ...machine, skills: [had("ocr")] });
  assert.equal(await post("/detect-text/put", { version: "2" }), 200);
  assert.equal(await post("/ocr/put", { dependsOn: ["detect-text"] }), 200);
  const { told } = await get();
  assert.deepEqual(told.skills, [
    {
      ...{ skill: "detect-text", isRegistered: true, description: null, version: "2" },
      dependsOn: [],
      nodes: [{ node: "whole", status: "online", level: 1, missing: [] }],
    },
    {
      ...{ skill: "ocr", isRegistered: true, description: null, version: null },
      dependsOn: ["detect-text"],
      nodes: [
        { node: "half", status: "online", level: 1, missing: ["detect-text"] },
        { node: "whole", status: "online", level: 0.5, missing: [] },
      ],
    },
  ]);
  const nodes = (await get("/ocr", "level=0.75")).told.nodes;
  assert.deepEqual(
    nodes.map(({ node }: { node: string }) => node),
    ["half"],
  );
  for (const path of ["/none", "/ocr/x", "/%E0%A4%A"]) {
    await assert.rejects(get(path), { code: "not_found" });
  }
  for (const level of ["2", "-1", "high", ""]) {
    await assert.rejects(get("", `level=${level}`), { code: "invalid", message: /from 0 to 1/ });
  }
});

test("what the register cannot take is refused by name with a remedy, and changes nothing", async (t) => {
  const { get, post } = await stage(t);
  await post("/a/put", {});
  await post("/b/put", { dependsOn: ["a"] });
  const before = await get();
  const cases = [
    ["/a/put", { dependsOn: ["b"] }, "invalid", /a would rest on itself: a -> b -> a; leave out/],
    ["/c/put", { dependsOn: ["x", "y"] }, "invalid", /c rests on .+ x, y; put x, y first/],
    ["/a/drop", {}, "conflict", /a is what others rest on: b; drop b first/],
    ["/x/drop", {}, "not_found", /no registered skill x; troupe skills lists/],
    ["/c/put", { depends: [] }, "invalid", /is not like .+dependsOn/],
    ["/c/put", { dependsOn: [""] }, "invalid", /is not like/],
    ["/c/burn", {}, "not_found", /write put or drop/],
  ] as const;
  for (const [path, body, code, message] of cases) {
    await assert.rejects(post(path, body), { code, message }, path);
  }
  for (const stranger of [
    { remote: "192.0.2.7" },
    { headers: new Map([["host", "127.0.0.1"]]) },
    { headers: new Map(Object.entries({ host: "127.0.0.1", origin: "http://a" })) },
  ]) {
    await assert.rejects(post("/c/put", {}, stranger), { code: "invalid" });
  }
  assert.deepEqual(await get(), before);
  await post("/b/drop", {});
  await post("/a/drop", {});
  assert.deepEqual((await get()).told.skills, []);
});
