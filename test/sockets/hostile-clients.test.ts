// What those without keys can do to a listener with keys: raw TCP, no ZeroMQ.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { Dealer } from "zeromq";
import type { CurveSecurity } from "#runtime/links/curve-security.ts";
import { echoed, KeyFolder, listenWith, openSecurity, type TestListener } from "./keyed-nodes.ts";

const residentMiB = (): number => process.memoryUsage.rss() / 2 ** 20;

async function scene(
  act: (scene: { listener: TestListener; port: number; good: Dealer }) => Promise<void>,
): Promise<void> {
  using keys = new KeyFolder(["a", "b"]);
  const nodes: readonly [CurveSecurity, CurveSecurity] = [
    await openSecurity(keys, "a"),
    await openSecurity(keys, "b"),
  ];
  const listener = await listenWith(nodes[0].sockets, { handshakeInterval: 1_000 });
  const good = new Dealer({ linger: 0, reconnectInterval: 20 });
  try {
    const port = Number(listener.address.split(":").at(-1));
    const isConnected = new Promise((resolve) => good.events.on("handshake", resolve));
    nodes[1].sockets.connect(good, { peer: "a", address: listener.address });
    await isConnected;
    await act({ listener, port, good });
  } finally {
    good.close();
    for (const node of nodes) node.close();
  }
}

interface RawClient {
  readonly socket: Socket;
  /** Settles when the connection is over, whoever ended it. */
  readonly end: Promise<void>;
}

function dialRaw(port: number): RawClient {
  const socket = connect(port, "127.0.0.1");
  // It must be read, or its end is never seen.
  socket.resume();
  socket.on("error", () => {});
  return { socket, end: new Promise((resolve) => socket.on("close", () => resolve())) };
}

/** Greeting of ZMTP 3.0 with that mechanism. */
function greeting(mechanism: "NULL" | "CURVE"): Buffer {
  const bytes = Buffer.alloc(64);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.write(mechanism, 12, "latin1");
  return bytes;
}

/** Writes until the other side ends the connection, or so many bytes are out. */
async function pour({ socket, end }: RawClient, chunk: Buffer, bytesMax: number): Promise<void> {
  let sent = 0;
  while (!socket.destroyed && sent < bytesMax) {
    sent += chunk.length;
    if (!socket.write(chunk)) {
      const drained = new Promise<void>((resolve) => socket.once("drain", resolve));
      await Promise.race([drained, end]);
    }
  }
  socket.destroy();
}

test("500 silent connections do not keep a listed node out, and are closed after a second", async () => {
  await scene(async ({ port, good }) => {
    const startMs = performance.now();
    const clients = Array.from({ length: 500 }, () => dialRaw(port));
    assert.equal(await echoed(good, "still there", 2_000), "still there");
    assert.ok(performance.now() - startMs < 1_000);
    // `handshakeInterval` of the listener is a second.
    await Promise.all(clients.map(({ end }) => end));
    assert.ok(performance.now() - startMs < 8_000);
  });
});

for (const mechanism of ["NULL", "CURVE"] as const) {
  test(`endless parts after a ${mechanism} greeting are cut off and cost no memory`, async () => {
    await scene(async ({ port, good, listener }) => {
      const before = residentMiB();
      const ready = Buffer.from(
        "04260552454144590b536f636b65742d54797065000000064445414c4552",
        "hex",
      );
      const part = Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(0)]);
      const parts = Buffer.concat(Array.from({ length: 32_768 }, () => part));
      const pourings = Array.from({ length: 8 }, async () => {
        const client = dialRaw(port);
        client.socket.write(greeting(mechanism));
        client.socket.write(ready);
        await pour(client, parts, 16 * 2 ** 20);
      });
      await Promise.all(pourings);
      assert.equal(await echoed(good, "still there", 2_000), "still there");
      assert.deepEqual(listener.heard, ["still there"]);
      const grown = residentMiB() - before;
      assert.ok(grown < 48, `${grown.toFixed(0)} MiB more`);
    });
  });
}

test("lengths of 2^31 and more are cut off and cost no memory", async () => {
  await scene(async ({ port, good }) => {
    const before = residentMiB();
    const lengths = [2n ** 31n, 2n ** 33n, 2n ** 40n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 64n - 1n];
    const attempts = lengths.flatMap((length) =>
      (["NULL", "CURVE"] as const).flatMap((mechanism) =>
        // A long message, a long command, and either with more to come.
        [0x02, 0x03, 0x06].map(async (flags) => {
          const head = Buffer.alloc(9);
          head[0] = flags;
          head.writeBigUInt64BE(length, 1);
          const { socket, end } = dialRaw(port);
          socket.write(Buffer.concat([greeting(mechanism), head, Buffer.alloc(64 * 1024)]));
          await end;
        }),
      ),
    );
    await Promise.all(attempts);
    assert.equal(await echoed(good, "still there", 2_000), "still there");
    const grown = residentMiB() - before;
    assert.ok(grown < 48, `${grown.toFixed(0)} MiB more`);
  });
});

test("bytes without sense bring nothing down", async () => {
  await scene(async ({ port, good }) => {
    const rubbish = Array.from({ length: 60 }, (_, index) => {
      const bytes = Buffer.alloc(2_048);
      for (let place = 0; place < bytes.length; place += 1) {
        bytes[place] = (place * (index + 7) * 2_654_435_761) >>> 13;
      }
      return index % 2 === 0 ? bytes : Buffer.concat([greeting("CURVE"), bytes]);
    });
    await Promise.all(
      rubbish.map(async (bytes) => {
        const { socket, end } = dialRaw(port);
        socket.end(bytes);
        await end;
      }),
    );
    assert.equal(await echoed(good, "still there", 2_000), "still there");
  });
});
