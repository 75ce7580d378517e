import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { HttpHandler, HttpRequest } from "#actors/gateway/http-message.ts";
import { loadPageFiles, type PageFiles } from "#actors/gateway/page-files.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { healthRoutes } from "#actors/gateway/routes/health-routes.ts";
import { pageRoutes } from "#actors/gateway/routes/page-routes.ts";
import { Failure } from "#protocols/failure.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";
import { StandInService } from "../stand-in-service.ts";

let folder: string;
let files: PageFiles;
let handle: HttpHandler;
const service = new StandInService();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "troupe-page-"));
  await writeFile(join(folder, "index.html"), "<title>t</title>");
  await writeFile(join(folder, "a.js"), "export {};");
  await writeFile(join(folder, "secret.env"), "hidden");
  await mkdir(join(folder, "inner.js"));
  files = await loadPageFiles({ folder, sample: null });
  handle = routeRequests([...pageRoutes(files), ...healthRoutes(service, files)]);
});
after(() => rm(folder, { recursive: true, force: true }));

const get = async (path: string, headers: Record<string, string> = {}) => {
  const request: HttpRequest = {
    method: "GET",
    path,
    query: "",
    headers: new Map(Object.entries(headers)),
    body: new Uint8Array(0),
    signal: new AbortController().signal,
  };
  const response = await handle(request);
  return { ...response, text: Buffer.from(response.body).toString() };
};

describe("the page's files", () => {
  test("are served with type, name and ETag, and not again when they are known", async () => {
    const index = await get("/");
    assert.equal(index.status, 200);
    assert.equal(index.text, "<title>t</title>");
    assert.equal(index.headers["Content-Disposition"], "inline; filename=index.html");
    const script = await get("/static/a.js");
    assert.equal(script.headers["Content-Type"], "text/javascript; charset=utf-8");
    const etag = script.headers.ETag ?? "";
    for (const known of [etag, `"x", W/${etag}`]) {
      const again = await get("/static/a.js", { "if-none-match": known });
      assert.deepEqual([again.status, again.text], [304, ""]);
    }
    assert.equal((await get("/static/a.js", { "if-none-match": '"x"' })).status, 200);
  });

  test("nothing else of the machine is served", async () => {
    for (const path of [
      "/index.html",
      "/favicon.ico",
      "/static/",
      "/static/secret.env",
      "/static/inner.js",
      "/static/../secret.env",
      "/static/%2e%2e/x",
      `/static/${folder}/index.html`,
      "/static/__proto__",
    ]) {
      assert.deepEqual(
        [(await get(path)).status, (await get(path)).text],
        [404, errorPage(404)],
        path,
      );
    }
  });

  test("a folder without index.html, or none at all, and an absent sample are refused by name", async () => {
    const cases = [
      [
        { folder: join(folder, "nowhere"), sample: null },
        /Cannot read the page's folder .*nowhere/,
      ],
      [{ folder: join(folder, "inner.js"), sample: null }, /has no index\.html/],
      [{ folder, sample: join(folder, "no.jpg") }, /Cannot read .*no\.jpg/],
    ] as const;
    for (const [source, pattern] of cases) {
      await assert.rejects(loadPageFiles(source), (cause: unknown) => {
        assert.ok(cause instanceof Failure && cause.code === "not_found");
        assert.match(cause.detail, pattern);
        return true;
      });
    }
  });
});

describe("health", () => {
  test("the process is alive even when the cluster is not ready", async () => {
    service.missing = ["No worker offers the model diffuse; offered are: none."];
    assert.equal((await get("/healthz")).status, 200);
    const ready = await get("/readyz");
    assert.equal(ready.status, 503);
    assert.deepEqual(JSON.parse(ready.text), {
      ...{ status: "not ready", missing: service.missing, ack: "durable" },
    });
    service.missing = [];
    assert.equal((await get("/readyz")).status, 200);
  });

  test("the status tells the cluster, its limits and whether there is a sample", async () => {
    const status = JSON.parse((await get("/api/status")).text);
    assert.equal(status.cluster, "test");
    assert.equal(status.sample, null);
    assert.equal(status.limits.imagePixelsMax, 50_000_000);
  });
});
