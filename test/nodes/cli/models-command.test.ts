import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { troupe } from "./terminal-double.ts";

/** A gateway that answers with this, and what it was asked. */
async function withGateway(
  answer: (path: string) => unknown,
  work: (url: string, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    asked.push(`${request.method} ${request.url} ${body}`.trim());
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(answer(request.url ?? "")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await work(`http://127.0.0.1:${port}`, asked);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const entry = (version: number | null, state: string, more: object = {}) => ({
  ...{ node: "worker-1", name: "eraser", version, state, reason: "", isDefault: false },
  ...{ aliases: version === null ? [] : [`eraser@${version}`], ...more },
});

test("models are shown with their states, and why they are not ready", async () => {
  const models = [
    entry(1, "READY", {
      isDefault: true,
      aliases: ["eraser@1", "eraser@stable"],
      notes: ["4 threads\nare 2 more than there are"],
    }),
    entry(2, "UNAVAILABLE", { reason: "model.onnx has another\nSHA-256" }),
    entry(null, "UNAVAILABLE", { name: "lama", reason: "no config.json" }),
  ];
  const silent = [{ node: "worker-2", failure: { code: "unavailable", detail: "it is away" } }];
  await withGateway(
    () => ({ models, silent }),
    async (url, asked) => {
      const { exitCode, out } = await troupe("models", "--url", url);
      assert.equal(exitCode, 0);
      assert.deepEqual(asked, ["GET /api/models"]);
      const lines = out.split("\n");
      assert.match(lines[1] ?? "", /^eraser \* +1 +worker-1 +READY +eraser@stable/);
      assert.match(
        lines[2] ?? "",
        /^eraser +2 +worker-1 +UNAVAILABLE +model\.onnx has another SHA-256/,
      );
      assert.match(lines[3] ?? "", /^lama +- +worker-1 +UNAVAILABLE +no config\.json/);
      assert.match(lines[4] ?? "", /^worker-2 does not say: it is away/);
      assert.equal(lines[5], "note: eraser@1 on worker-1: 4 threads are 2 more than there are");
      const { out: text } = await troupe("models", "--json", "--url", url);
      assert.equal(JSON.parse(text).models.length, 3);
    },
  );
});

test("an order goes to all workers or to one, and fails when it fails on one", async () => {
  const failure = { code: "model_failed", detail: "it is no model" };
  const nodes = [
    { node: "worker-1", value: "ok" },
    { node: "worker-2", failure },
  ];
  await withGateway(
    (path) => ({ nodes: path.includes("lama") ? nodes.slice(0, 1) : nodes }),
    async (url, asked) => {
      const failed = await troupe("models", "reload", "eraser", "--url", url);
      assert.equal(failed.exitCode, 1);
      assert.equal(
        failed.out,
        "reload eraser on worker-1: done\nreload eraser on worker-2: model_failed: it is no model\n",
      );
      const done = await troupe("models", "load", "lama", "--node", "worker-1", "--url", url);
      assert.equal(done.exitCode, 0);
      assert.deepEqual(asked, [
        "POST /api/models/eraser/reload {}",
        'POST /api/models/lama/load {"node":"worker-1"}',
      ]);
    },
  );
});

test("who does not answer like a gateway is named", async () => {
  await withGateway(
    () => ({}),
    async (url) => {
      const { exitCode, err } = await troupe("models", "--url", url);
      assert.equal(exitCode, 1);
      assert.match(err, /does not answer like a gateway of Troupe/);
    },
  );
});
