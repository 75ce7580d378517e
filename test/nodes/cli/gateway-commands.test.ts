import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { GatewayClient } from "#nodes/cli/gateway-client.ts";
import { repairedPath } from "#nodes/cli/picture-file.ts";
import { answering, listen, serving } from "./served-answers.ts";
import { troupe } from "./terminal-double.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-gateway-"));
  await writeFile(path.join(folder, "photo.jpg"), "photo");
  await writeFile(path.join(folder, "mask.png"), "mask");
});
after(() => rm(folder, { recursive: true, force: true }));

/** An address at which nobody listens any more. */
async function deserted(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

const file = (name: string): string => path.join(folder, name);
const inpaint = (url: string, ...rest: readonly string[]) =>
  troupe("inpaint", file("photo.jpg"), "--mask", file("mask.png"), "--url", url, ...rest);

const status = { cluster: "c", uptimeMs: 1, model: "diffuse", nodes: [], queue: null };

test("inpaint sends picture and mask, writes the answer and tells who repaired it", async () => {
  let body = "";
  const listener: RequestListener = async (request, response) => {
    const { method, url } = request;
    if (url === "/api/status") return answering(status)(request, response);
    for await (const piece of request) body += String(piece);
    response.setHeader("Content-Type", "image/png");
    response.setHeader("X-Troupe-Node", "worker-2");
    response.setHeader("X-Troupe-Queue-Ms", "3");
    response.setHeader("X-Troupe-Run-Ms", "95");
    response.setHeader("X-Troupe-Attempt", "1");
    response.setHeader("X-Troupe-Task", "t1");
    response.writeHead(method === "POST" ? 202 : 200).end(`${method} ${url}`);
  };
  await serving(listener, async (url) => {
    const { exitCode, out, err } = await inpaint(url);
    assert.equal(exitCode, 0, err);
    assert.equal(out, `${file("photo-repaired.png")}\n`);
    assert.match(
      err,
      /^worker-2 repaired it in \d+ ms \(queue 3 ms, run 95 ms, attempt 1, task t1\), 40 B\n$/,
    );
    const got = await readFile(file("photo-repaired.png"), "utf8");
    assert.equal(got, "GET /api/v1/tasks/t1/files/image?wait=10");
    assert.match(
      body,
      /name="image"; filename="photo.jpg"[\s\S]*photo[\s\S]*name="mask"; filename="mask.png"[\s\S]*mask/,
    );
    const named = await inpaint(url, "--out", file("clean.png"));
    assert.equal(named.out, `${file("clean.png")}\n`);
  });
});

test("a refusal of the gateway is told with its status and text, and nothing is written", async () => {
  const refuse: RequestListener = (_, response) => {
    response.writeHead(400, { "Content-Type": "text/plain" }).end("Mask shape(1, 2) is wrong");
  };
  await serving(refuse, async (url) => {
    const { exitCode, err } = await inpaint(url, "--out", file("never.png"));
    assert.equal(exitCode, 1);
    assert.match(err, /answered 400: Mask shape\(1, 2\) is wrong/);
    await assert.rejects(readFile(file("never.png")));
  });
});

test("when nobody listens the command says how to start a cluster", async () => {
  const url = await deserted();
  for (const run of [await inpaint(url), await troupe("status", "--url", url)]) {
    assert.equal(run.exitCode, 1);
    assert.match(run.err, /nobody listens at .*: start a cluster with troupe up FILE, or .*--url/);
  }
});

test("pictures that cannot be read are refused before anything is sent", async () => {
  await writeFile(file("empty.png"), "");
  const url = await deserted();
  const runs = [
    [["inpaint", file("absent.jpg"), "--mask", file("mask.png")], /cannot read .*absent\.jpg/],
    [["inpaint", file("photo.jpg"), "--mask", file("empty.png")], /empty\.png is empty/],
    [["inpaint", file("photo.jpg"), "--mask", folder], /is not a file/],
  ] as const;
  for (const [words, pattern] of runs) {
    const { exitCode, err } = await troupe(...words, "--url", url);
    assert.equal(exitCode, 1);
    assert.match(err, pattern);
  }
  const address = await inpaint("127.0.0.1:8080");
  assert.match(address.err, /is no address: write it like http:\/\/127\.0\.0\.1:8080/);
});

test("a server that is no gateway is named as such", async () => {
  for (const value of [{ hello: 1 }, "text"]) {
    await serving(answering(value), async (url) => {
      const { exitCode, err } = await troupe("status", "--url", url);
      assert.equal(exitCode, 1);
      assert.match(err, /does not answer like a gateway of Troupe/);
    });
  }
});

test("waiting for readiness ends when the gateway is ready, or says what was missing last", async () => {
  let asked = 0;
  const slow: RequestListener = (_, response) => {
    asked += 1;
    response.writeHead(asked < 3 ? 503 : 200).end("no worker offers the model");
  };
  await serving(slow, async (url) => {
    await new GatewayClient(url).untilReady(10_000);
    assert.equal(asked, 3);
  });
  const never: RequestListener = (_, response) => {
    response.writeHead(503).end("no worker offers the model");
  };
  await serving(never, async (url) => {
    await assert.rejects(
      new GatewayClient(url).untilReady(1),
      /unavailable: not ready after 1 ms: no worker/,
    );
  });
});

test("the repaired picture is named after the original and what it contains", () => {
  assert.equal(repairedPath("a/photo.jpeg", "image/webp"), "a/photo-repaired.webp");
  assert.equal(repairedPath("photo.jpeg", "application/octet-stream"), "photo-repaired.jpeg");
  assert.equal(repairedPath("photo", "image/png; q=1"), "photo-repaired.png");
});

test("submit hands over a task with its files, waits for its end and prints it", async () => {
  await writeFile(file("task.json"), '{"type":"inpaint","priority":0}');
  const asked: string[] = [];
  let body = "";
  const listener: RequestListener = async (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["idempotency-key"] ?? ""}`);
    for await (const piece of request) body += String(piece);
    response.setHeader("Content-Type", "application/json");
    const isPost = request.method === "POST";
    response.statusCode = isPost ? 202 : 200;
    response.end(
      isPost
        ? '{"taskId":"t1","task":"/api/v1/tasks/t1","isReplay":false}'
        : '{"status":"completed"}',
    );
  };
  await serving(listener, async (url) => {
    const words = ["--input", `image=${file("photo.jpg")}`, "--key", "once", "--wait", "5"];
    const { exitCode, out } = await troupe("submit", file("task.json"), "--url", url, ...words);
    assert.deepEqual([exitCode, JSON.parse(out)], [0, { status: "completed" }]);
  });
  assert.deepEqual(asked, ["POST /api/v1/tasks once", "GET /api/v1/tasks/t1?wait=5 "]);
  assert.match(body, /name="task"\r\n\r\n{"type":"inpaint","priority":0}/);
  assert.match(body, /name="image"; filename="image"/);
});

test("submit says what is wrong with its words before it asks anybody", async () => {
  await writeFile(file("task.json"), "{}");
  const wrong = [
    [["--wait", "61"], /seconds from 0 to 60/],
    [["--input", "photo.jpg"], /NAME=FILE/],
    [["--input", "image=nowhere.jpg"], /cannot read nowhere.jpg/],
  ] as const;
  for (const [words, text] of wrong) {
    const { exitCode, err } = await troupe("submit", file("task.json"), ...words);
    assert.notEqual(exitCode, 0);
    assert.match(err, text);
  }
});
