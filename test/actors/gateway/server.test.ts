import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, describe, test } from "node:test";
import { type HttpHandler, textResponse } from "#actors/gateway/http-message.ts";
import { HttpServer } from "#actors/gateway/server.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";

const servers: HttpServer[] = [];
const failures: unknown[] = [];
after(() => Promise.all(servers.map((server) => server.close(100))));

async function serve(handle: HttpHandler): Promise<HttpServer> {
  const failed = (cause: unknown): number => failures.push(cause);
  const server = await HttpServer.listen({ host: "127.0.0.1", port: 0, handle, failed });
  servers.push(server);
  return server;
}

/** Sends bytes as they are and answers all that comes back until the server closes. */
async function raw(server: HttpServer, text: string): Promise<string> {
  const socket = connect(server.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

describe("HttpServer", () => {
  test("hands over method, path, query, headers and body, and writes what comes back", async () => {
    const server = await serve((request) => {
      const seen = { ...request, headers: request.headers.get("x-own"), signal: undefined };
      return textResponse(
        201,
        JSON.stringify({ ...seen, body: Buffer.from(request.body).toString() }),
        {
          "X-Answer": "yes",
        },
      );
    });
    const response = await fetch(`${server.url}/a%20b?x=%31`, {
      method: "POST",
      body: "hello",
      headers: { "X-Own": "me" },
    });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("x-answer"), "yes");
    assert.deepEqual(await response.json(), {
      method: "POST",
      path: "/a b",
      query: "x=%31",
      headers: "me",
      remote: "127.0.0.1",
      body: "hello",
    });
  });

  test("a handler that throws, at once or later, costs its client a 500 and nobody else anything", async () => {
    const server = await serve((request) => {
      if (request.path === "/now") throw new Error("at once");
      if (request.path === "/later") return Promise.reject(new Error("later"));
      if (request.path === "/refused") throw new Failure("queue_full", "too much waits");
      return textResponse(200, "alive");
    });
    for (const path of ["/now", "/later"]) {
      const response = await fetch(server.url + path);
      assert.equal(response.status, 500);
      assert.equal(await response.text(), errorPage(500));
    }
    const refused = await fetch(`${server.url}/refused`);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.equal(await refused.text(), "too much waits");
    assert.equal(await (await fetch(server.url)).text(), "alive");
    assert.deepEqual(failures.splice(0).map(String), ["Error: at once", "Error: later"]);
  });

  test("a body beyond the limit is refused with 413, by its announced length and while it arrives", async () => {
    const server = await serve((request) => textResponse(200, String(request.body.byteLength)));
    const announced = await raw(
      server,
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${limits.httpBodyBytesMax + 1}\r\n\r\n`,
    );
    assert.match(announced, /^HTTP\/1\.1 413 /);
    const sentWhole = await fetch(server.url, {
      method: "POST",
      body: new Uint8Array(limits.httpBodyBytesMax + 1),
    });
    assert.equal(sentWhole.status, 413);
    await sentWhole.arrayBuffer();
    const chunk = new Uint8Array(1024 * 1024);
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.byteLength;
        if (sent > limits.httpBodyBytesMax + 2 * chunk.byteLength) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const streamed = await fetch(server.url, { method: "POST", body: stream, duplex: "half" });
    assert.equal(streamed.status, 413);
    assert.match(await streamed.text(), /at most 50331648/);
  });

  test("a body of exactly the limit arrives whole", async () => {
    const server = await serve((request) => textResponse(200, String(request.body.byteLength)));
    const response = await fetch(server.url, {
      method: "POST",
      body: new Uint8Array(limits.httpBodyBytesMax),
    });
    assert.equal(await response.text(), String(limits.httpBodyBytesMax));
  });

  test("HEAD tells the length and the next request on the connection is understood", async () => {
    const server = await serve((request) => textResponse(200, `for ${request.method}`));
    const socket = connect(server.port, "127.0.0.1").setEncoding("latin1");
    socket.write("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    const [head] = await once(socket, "data");
    assert.match(head, /Content-Length: 8\r\n.*\r\n\r\n$/s);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const [next] = await once(socket, "data");
    assert.match(next, /^HTTP\/1\.1 200 .*for GET$/s);
    socket.destroy();
  });

  test("a response larger than any socket buffer reaches a slow reader unharmed", async () => {
    const bytes = new Uint8Array(24 * 1024 * 1024).map((_, index) => index % 251);
    const server = await serve(() => ({ status: 200, headers: {}, body: bytes }));
    const response = await fetch(server.url);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(server.inFlight, 1);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
  });

  test("a client that goes away aborts its request's signal and the answer goes nowhere", async () => {
    let seen: (signal: AbortSignal) => void = () => {};
    const signal = new Promise<AbortSignal>((resolve) => {
      seen = resolve;
    });
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const server = await serve(async (request) => {
      seen(request.signal);
      await once(request.signal, "abort");
      finish();
      return textResponse(200, "nobody reads this");
    });
    const client = new AbortController();
    const asked = fetch(server.url, { signal: client.signal });
    await signal;
    client.abort();
    await assert.rejects(asked);
    await finished;
    assert.equal((await signal).aborted, true);
  });

  test("line breaks in a header's value make no further headers", async () => {
    const server = await serve(() => textResponse(200, "", { "X-A": "1\r\nX-B: 2" }));
    const response = await fetch(server.url);
    assert.equal(response.headers.get("x-b"), null);
    assert.equal(response.headers.get("x-a"), "1 X-B: 2");
  });

  test("a taken port is refused by a failure that names it and what to do", async () => {
    const server = await serve(() => textResponse(200, ""));
    const again = HttpServer.listen({
      host: "127.0.0.1",
      port: server.port,
      handle: () => textResponse(200, ""),
      failed: () => {},
    });
    await assert.rejects(again, (cause: unknown) => {
      assert.ok(cause instanceof Failure);
      assert.equal(cause.code, "unavailable");
      assert.match(cause.detail, new RegExp(`127\\.0\\.0\\.1:${server.port}.*choose another`));
      return true;
    });
  });

  test("closing lets a request in flight end and takes no new connection", async () => {
    let answer: () => void = () => {};
    let seen: () => void = () => {};
    const arrived = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const server = await serve(
      () =>
        new Promise((resolve) => {
          answer = () => resolve(textResponse(200, "in time"));
          seen();
        }),
    );
    const asked = fetch(server.url);
    await arrived;
    const closed = server.close(5_000);
    await assert.rejects(fetch(server.url));
    answer();
    assert.equal(await (await asked).text(), "in time");
    await closed;
    assert.equal(server.inFlight, 0);
  });

  test("closing ends within its bound when a request never does, and aborts it", async () => {
    let seen: (signal: AbortSignal) => void = () => {};
    const arrived = new Promise<AbortSignal>((resolve) => {
      seen = resolve;
    });
    const server = await serve((request) => {
      seen(request.signal);
      return new Promise(() => {});
    });
    const asked = fetch(server.url);
    const signal = await arrived;
    await Promise.all([assert.rejects(asked), server.close(50)]);
    assert.equal(signal.aborted, true);
  });
});
