// Servers that begin an answer and do not end it, say too much, or speak something else.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BatchedNetwork } from "#actors/inference/batching/batched-network.ts";
import { RemoteNetwork } from "#actors/inference/engine/remote-network.ts";
import { RemoteServer } from "#actors/inference/engine/remote-server.ts";
import { refusal } from "./engine-fixture.ts";
import { type Answer, json, row, withServer } from "./protocol-server.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

async function listening(context: TestContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serving = (context: TestContext, answer: (response: ServerResponse) => void) =>
  listening(
    context,
    createServer((_, response) => answer(response)),
  );

/** A byte now and then, for ever; meanwhile garbage is collected here, as happens in a process that works. */
async function dripping(context: TestContext): Promise<{ url: string; closed: Promise<unknown> }> {
  let hasClosed: (value: unknown) => void = () => undefined;
  const closed = new Promise((resolve) => {
    hasClosed = resolve;
  });
  const url = await serving(context, (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(" "), 50);
    response.on("close", () => {
      clearInterval(drip);
      hasClosed(undefined);
    });
  });
  const collecting = setInterval(collect, 50);
  context.after(() => clearInterval(collecting));
  return { url, closed };
}

const question = { path: "v2", timeoutMs: 1_000, bytesMax: 1_000_000 };

test("an answer that does not end is late when its time is over", {
  timeout: 20_000,
}, async (context) => {
  const { url, closed } = await dripping(context);
  const why = await refusal("timeout", new RemoteServer(url).ask(question));
  assert.match(why.detail, /did not answer within 1000 ms/);
  await closed;
});

test("an answer that nobody waits for any more is not read to its end", {
  timeout: 20_000,
}, async (context) => {
  const { url, closed } = await dripping(context);
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const asked = new RemoteServer(url).ask({ ...question, timeoutMs: 15_000, signal });
  setTimeout(() => giveUp.abort(), 500);
  await refusal("cancelled", asked);
  await closed;
});

test("an answer that says that it is too large is not read", {
  timeout: 10_000,
}, async (context) => {
  const url = await serving(context, (response) => {
    response.writeHead(200, { "content-length": "900000000" }).write("x");
  });
  const why = await refusal("model_failed", new RemoteServer(url).ask(question));
  assert.match(why.detail, /has more than 1000000 bytes/);
});

for (const [what, bytes] of [
  ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["a header without end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`],
  [
    "what it does not say that it is",
    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
  ],
] as const) {
  test(`a server that answers ${what} is no server that is away`, {
    timeout: 10_000,
  }, async (context) => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(bytes));
    });
    const url = await listening(context, server);
    const why = await refusal("model_failed", new RemoteServer(url).ask(question));
    assert.match(why.detail, /cannot be asked, or answers otherwise than by HTTP: /);
  });
}

test("a server that is ended by one row of several gives the others their answers", {
  timeout: 10_000,
}, async () => {
  const fatal = 9;
  const answer: Answer = (asked, response) => {
    const rows = new Float32Array(new Uint8Array(asked.tensors).buffer);
    if (rows.includes(fatal)) response.destroy();
    else {
      const shape = asked.header.inputs[0]?.shape;
      const output = { name: "output", datatype: "FP32", shape, data: [...rows] };
      json(response, 200, { outputs: [output] });
    }
  };
  await withServer(answer, async (url, asked) => {
    const remote = await RemoteNetwork.connect({ url, model: "eraser" });
    const network = new BatchedNetwork(remote, { itemsMax: 4, preferred: [], delayMsMax: 50 });
    const ends = await Promise.allSettled(
      [1, fatal, 2, 3].map((value) => network.run(row(value, 0))),
    );
    assert.deepEqual(
      ends.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled", "fulfilled"],
    );
    assert.equal(asked[0]?.header.inputs[0]?.shape[0], 4, "they ran together");
  });
});
