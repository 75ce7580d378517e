import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpResponse } from "#actors/gateway/http-message.ts";
import { failureResponse, textResponse } from "#actors/gateway/http-message.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { Failure } from "#protocols/failure.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";

const answer = (headers: Readonly<Record<string, string>> = {}): HttpResponse =>
  textResponse(200, "ok", headers);

const told = { "X-Troupe-Detail": "d", "X-Seed": "1", Location: "/x", "Retry-After": "2" };
const handle = routeRequests([
  { method: "GET", path: "/model", handle: () => answer() },
  { method: "POST", path: "/inpaint", handle: () => answer(told) },
  { method: "GET", path: "/api/things", handle: () => answer() },
]);

const ask = (method: string, path: string, headers: readonly (readonly [string, string])[] = []) =>
  handle({
    ...{ method, path, query: "", headers: new Map(headers), body: new Uint8Array() },
    signal: new AbortController().signal,
  });

test("every header that is not for all pages is named, and no other", async () => {
  const exposed = async (method: string, path: string) =>
    (await ask(method, path)).headers["Access-Control-Expose-Headers"];
  assert.equal(await exposed("GET", "/model"), "Content-Disposition");
  const names = "Content-Disposition, X-Troupe-Detail, X-Seed, Location, Retry-After";
  assert.equal(await exposed("POST", "/inpaint"), names);
});

test("what there is not is said with the original's pages on its paths, in JSON on ours", async () => {
  const cases: readonly (readonly [string, string, number, RegExp | string])[] = [
    ["GET", "/nothing", 404, errorPage(404)],
    ["GET", "/inpaint", 405, errorPage(405)],
    ["GET", "/api/thing", 404, /^\{"error":\{"code":"not_found","detail":"There is no route/],
    ["PUT", "/api/things", 405, /"detail":"\/api\/things does not take PUT, only GET, HEAD, OPT/],
  ];
  for (const [method, path, status, wanted] of cases) {
    const { status: seen, headers, body } = await ask(method, path);
    assert.equal(seen, status, path);
    if (typeof wanted === "string") assert.equal(body, wanted);
    else {
      assert.match(String(body), wanted);
      assert.equal(headers["Content-Type"], "application/json");
    }
  }
  assert.equal((await ask("PUT", "/api/things")).headers.Allow, "GET, HEAD, OPTIONS");
});

test("a failure is a sentence on the original's paths and JSON on ours, with one code and status", () => {
  const failure = new Failure("unavailable", "not now");
  const original = failureResponse("/inpaint", failure);
  const own = failureResponse("/api/v1/tasks", failure, { "Retry-After": "7" });
  assert.deepEqual([original.status, original.body], [503, "not now"]);
  assert.deepEqual(
    [own.status, own.body],
    [503, '{"error":{"code":"unavailable","detail":"not now"}}\n'],
  );
  for (const { headers } of [original, own]) assert.equal(headers["X-Troupe-Code"], "unavailable");
  assert.deepEqual([original.headers["Retry-After"], own.headers["Retry-After"]], ["2", "7"]);
  // Of a newer node.
  assert.equal(failureResponse("/api/v1/tasks", { code: "POISON", detail: "d" }).status, 500);
});
