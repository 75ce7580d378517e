import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import type { DialKind } from "#protocols/cluster/dial-sight.ts";
import { ZeromqHeartbeats } from "#runtime/links/zeromq-heartbeats.ts";

const anyPort = "tcp://127.0.0.1:*";
const now = (): number => performance.now();

class Listener {
  readonly wire: ZeromqHeartbeats;
  readonly heard: string[] = [];
  readonly sights: DialKind[] = [];
  #told: () => void = () => {};

  constructor(wire: ZeromqHeartbeats) {
    this.wire = wire;
    wire.attend({
      heard: (peer, frame) => {
        this.heard.push(`${peer} ${frame}`);
        this.#told();
      },
      dialled: (_, { kind }) => {
        this.sights.push(kind);
        this.#told();
      },
    });
  }

  static async bind(context: TestContext): Promise<Listener> {
    const wire = await ZeromqHeartbeats.bind({ address: anyPort, now });
    context.after(() => wire.close());
    return new Listener(wire);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
  }
}

/** A process with a TCP port and room for one connection that it has not taken; stopped. */
async function fullPort(context: TestContext): Promise<number> {
  const code = `const s = require("node:net").createServer();
    s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => process.send(s.address().port));`;
  const child: ChildProcess = spawn(process.execPath, ["-e", code], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  context.after(async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const [port] = await once(child, "message");
  child.kill("SIGSTOP");
  for (let index = 0; index < 6; index += 1) {
    const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
    context.after(() => socket.destroy());
  }
  return Number(port);
}

test("what is published is heard by those who watch, under the name that they watch, newest last", {
  timeout: 10_000,
}, async (context) => {
  const [a, b] = [await Listener.bind(context), await Listener.bind(context)];
  b.wire.watch("a", a.wire.address);
  await b.until(() => b.sights.includes("alive"));
  // The subscription travels behind the greeting.
  const beating = setInterval(() => a.wire.publish(Buffer.from("first")), 20);
  await b.until(() => b.heard.includes("a first"));
  clearInterval(beating);
  for (let index = 0; index < 100; index += 1) a.wire.publish(Buffer.from(`${index}`));
  await b.until(() => b.heard.includes("a 99"));
  assert.equal(b.heard.at(-1), "a 99");
  b.wire.unwatch("a");
  const count = b.heard.length;
  a.wire.publish(Buffer.from("unheard"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(b.heard.length, count);
});

test("a port that is dead is refused, and one that comes up there is heard", {
  timeout: 10_000,
}, async (context) => {
  const [a, b] = [await Listener.bind(context), await Listener.bind(context)];
  const { address } = a.wire;
  a.wire.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  b.wire.watch("a", address);
  await b.until(() => b.sights.includes("refused"));
  const again = await ZeromqHeartbeats.bind({ address, now });
  context.after(() => again.close());
  await b.until(() => b.sights.includes("alive"));
  assert.deepEqual(b.sights, ["refused", "alive"]);
});

test("a port whose machine answers nothing is unanswered", { timeout: 10_000 }, async (context) => {
  const port = await fullPort(context);
  const b = await Listener.bind(context);
  // The connections that fill it are on their way.
  await new Promise((resolve) => setTimeout(resolve, 200));
  b.wire.watch("a", `tcp://127.0.0.1:${port}`);
  await b.until(() => b.sights.length > 0);
  assert.deepEqual(b.sights, ["unanswered"]);
});

test("one that takes connections and says nothing greets nobody", {
  timeout: 10_000,
}, async (context) => {
  const server = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const bound = server.address();
  const b = await Listener.bind(context);
  b.wire.watch("a", `tcp://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`);
  await b.until(() => b.sights.length > 0);
  assert.deepEqual(b.sights, ["no_handshake"]);
});

test("addresses beyond the machine, that are none, or are taken are refused", async (context) => {
  const a = await Listener.bind(context);
  for (const address of ["tcp://10.0.0.1:7000", "tcp://0.0.0.0:*", "nonsense"]) {
    await assert.rejects(ZeromqHeartbeats.bind({ address, now }), { code: "invalid" });
    assert.throws(() => a.wire.watch("b", address), { code: "invalid" });
  }
  assert.throws(() => a.wire.watch("b", `ipc:///tmp/${"x".repeat(200)}`), { code: "invalid" });
  const taken = ZeromqHeartbeats.bind({ address: a.wire.address, now });
  await assert.rejects(taken, { code: "unavailable" });
  assert.deepEqual(a.sights, []);
});
