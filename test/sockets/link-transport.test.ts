import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { encodeFrame } from "#protocols/frame-layout.ts";
import { sendAll, TestTransport, type TestTransportOptions } from "./test-transport.ts";

async function start(context: TestContext, options: TestTransportOptions): Promise<TestTransport> {
  const made = await TestTransport.start(options);
  context.after(() => made.stop());
  return made;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("three nodes talk, each learns of the others, payloads of 1 MB arrive whole", {
  timeout: 30_000,
}, async (context) => {
  const a = await start(context, { name: "a" });
  const b = await start(context, { name: "b", peers: { a: a.address } });
  const c = await start(context, { name: "c", peers: { a: a.address, b: b.address } });
  const payloads = numbers(40).map((index) => Buffer.alloc(1_000_000, index));
  b.send("a", "from b");
  c.send("a", "from c");
  await a.until(() => a.received.length === 2);
  assert.deepEqual([...a.received].sort(), ["from b", "from c"]);
  await Promise.all([
    sendAll(a, "b", payloads),
    sendAll(a, "c", payloads),
    sendAll(c, "b", payloads.slice(0, 5)),
  ]);
  await b.until(() => b.received.length === 45);
  await c.until(() => c.received.length === 40);
  assert.deepEqual(c.received, payloads);
  const sums = (list: readonly unknown[]) =>
    list.reduce<number>(
      (sum, item) => sum + (item instanceof Uint8Array ? (item[999_999] ?? 0) : 0),
      0,
    );
  assert.equal(sums(b.received), sums(payloads) + sums(payloads.slice(0, 5)));
});

test("stopping first delivers what was taken", { timeout: 10_000 }, async (context) => {
  const b = await start(context, { name: "b" });
  const a = await TestTransport.start({ name: "a", peers: { b: b.address } });
  for (const index of numbers(20_000)) assert.equal(a.send("b", index), "accepted");
  await a.stop();
  assert.equal(b.received.length, 20_000);
  await b.until(() => b.events.includes("down a~1 lost 0"));
});

test("addresses that others could reach are refused with what to do", () => {
  for (const bind of [
    "tcp://0.0.0.0:7000",
    "tcp://*:7000",
    "tcp://10.0.0.1:7000",
    "udp://127.0.0.1:1",
  ]) {
    assert.throws(
      () => new TestTransport({ name: "a", bind }),
      (cause) =>
        cause instanceof Failure && cause.code === "invalid" && cause.detail.includes(bind),
    );
  }
  assert.throws(
    () => new TestTransport({ name: "a", peers: { b: "tcp://example.org:1" } }),
    /loopback|127\.0\.0\.1/,
  );
  assert.throws(() => new TestTransport({ name: "a", downAfterMs: 1 }), /at least 150/);
});

test("an address in use is refused and names it", { timeout: 10_000 }, async (context) => {
  const a = await start(context, { name: "a" });
  const b = new TestTransport({ name: "b", bind: a.address });
  await assert.rejects(
    b.transport.start(b.heard),
    (cause) =>
      cause instanceof Failure && cause.code === "unavailable" && cause.detail.includes(a.address),
  );
});

test("rubbish on the listening port does no harm", { timeout: 20_000 }, async (context) => {
  const b = await start(context, { name: "b" });
  const a = await start(context, { name: "a", peers: { b: b.address } });
  a.send("b", "before");
  await b.until(() => b.received.length === 1);
  const port = Number(b.address.split(":").at(-1));
  const greeting = Buffer.alloc(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
  greeting.write("NULL", 12);
  const ready = Buffer.from("\x04\x19\x05READY\x0bSocket-Type\0\0\0\x06DEALER", "latin1");
  ready[1] = ready.length - 2;
  const zmtpFrame = (bytes: Buffer) => Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
  const node = { name: "mallory", incarnation: 1 };
  const none = new Uint8Array();
  const ones = { control: 1, messages: 1, bulk: 1 };
  const rubbish = [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.concat([
      greeting,
      ready,
      Buffer.from([2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ]),
    ...[0, 1, 23, 24, 60, 200].map((size) =>
      Buffer.concat([greeting, ready, zmtpFrame(Buffer.alloc(size, size))]),
    ),
    Buffer.concat([
      greeting,
      ready,
      zmtpFrame(
        encodeFrame({
          ...{
            kind: "hello",
            session: 5,
            first: ones,
            versionMin: 2,
            version: 2,
            node,
            cluster: "",
          },
          ...{
            address: "tcp://8.8.8.8:1",
            wanted: 0,
            introduction: none,
            nonce: none,
            proof: none,
          },
        }),
      ),
      zmtpFrame(encodeFrame({ kind: "ping", session: 77, next: ones })),
      zmtpFrame(encodeFrame({ kind: "goodbye", session: 78 })),
    ]),
  ];
  for (const bytes of rubbish) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(bytes);
    socket.end();
    socket.resume();
    await once(socket, "close");
  }
  a.send("b", "after");
  await b.until(() => b.received.length === 2);
  assert.deepEqual(b.events, ["up a~1"]);
});
