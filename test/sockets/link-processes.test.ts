import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { Order, Told } from "./link-child.ts";
import { sendAll, TestTransport, type TestTransportOptions } from "./test-transport.ts";

class Child {
  readonly process: ChildProcess;
  address = "";

  constructor(context: TestContext) {
    this.process = fork(new URL("./link-child.ts", import.meta.url), [], {
      execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
    });
    context.after(async () => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) return;
      this.process.kill("SIGKILL");
      await once(this.process, "exit");
    });
  }

  static async start(context: TestContext, options: TestTransportOptions): Promise<Child> {
    const child = new Child(context);
    child.address = (await child.order({ kind: "start", options })).address;
    return child;
  }

  async order(order: Order): Promise<Told> {
    const answer = once(this.process, "message");
    this.process.send(order);
    const [told] = await answer;
    return told;
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }

  /** Asks until it has received so many. */
  async received(count: number): Promise<Told> {
    for (;;) {
      const told = await this.order({ kind: "tell" });
      if (told.count >= count) return told;
    }
  }
}

async function parent(context: TestContext, options: TestTransportOptions): Promise<TestTransport> {
  const made = await TestTransport.start(options);
  context.after(() => made.stop());
  return made;
}

const numbers = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => from + index);

test("a killed peer is declared down once, within a second of the agreed time", {
  timeout: 20_000,
}, async (context) => {
  const b = await Child.start(context, { name: "b" });
  const a = await parent(context, { name: "a", peers: { b: b.address } });
  await sendAll(a, "b", numbers(0, 1_000));
  await b.received(1_000);
  await b.kill();
  const killedMs = performance.now();
  // A timer of this process, which a busy machine delays as it does those of the link.
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
  }, 2_500);
  a.send("b", "too late", 1);
  await a.until(() => a.events.length === 2);
  clearTimeout(late);
  const tookMs = performance.now() - killedMs;
  assert(tookMs > 1_000 && !isLate, `took ${tookMs} ms`);
  const counts = a.transport.statistics()[0];
  assert.deepEqual(a.events, ["up b~1", `down b~1 lost ${a.lost.length}`]);
  assert(a.lost.length >= 1);
  assert.equal(counts?.messagesWaiting, 0);
  assert.equal(a.send("b", "again", 1), "node_down");
});

test("a restarted peer gets only the new messages", { timeout: 20_000 }, async (context) => {
  const first = await Child.start(context, { name: "b" });
  const a = await parent(context, { name: "a", peers: { b: first.address } });
  await sendAll(a, "b", numbers(0, 100));
  await first.received(100);
  await first.kill();
  for (const value of numbers(100, 50)) assert.equal(a.send("b", value, 1), "accepted");
  const second = await Child.start(context, { name: "b", incarnation: 2, bind: first.address });
  for (const value of numbers(1_000, 50)) a.send("b", value);
  await a.until(() => a.events.includes("up b~2"));
  for (const value of numbers(1_050, 50)) assert.equal(a.send("b", value, 2), "accepted");
  const told = await second.received(100);
  assert.deepEqual([told.first, told.last, told.count, told.isInOrder], [1_000, 1_099, 100, true]);
  // The first hundred may be among the lost when the process died before it acknowledged them.
  const lost = a.lost.map((envelope) => (envelope.kind === "reply" ? envelope.value : undefined));
  assert.deepEqual(lost.slice(-50), numbers(100, 50));
  assert.deepEqual(a.events, ["up b~1", `down b~1 lost ${lost.length}`, "up b~2"]);
});

test("a peer that is frozen for a second loses nothing and is not declared down", {
  timeout: 30_000,
}, async (context) => {
  // Agreed so far beyond a second that a busy machine does not freeze it for the rest.
  const downAfterMs = 5_000;
  const b = await Child.start(context, { name: "b", downAfterMs });
  const a = await parent(context, { name: "a", peers: { b: b.address }, downAfterMs });
  await sendAll(a, "b", numbers(0, 1_000));
  await b.received(1_000);
  b.process.kill("SIGSTOP");
  const thawed = new Promise<void>((resolve) => {
    setTimeout(() => {
      b.process.kill("SIGCONT");
      resolve();
    }, 1_000);
  });
  await sendAll(a, "b", numbers(1_000, 50_000));
  await thawed;
  const told = await b.received(51_000);
  assert.deepEqual([told.count, told.last, told.isInOrder], [51_000, 50_999, true]);
  assert.deepEqual([a.events, told.events], [["up b~1"], ["up a~1"]]);
});

test("a peer that is frozen for too long stays refused and hears of it", {
  timeout: 30_000,
}, async (context) => {
  const b = await Child.start(context, { name: "b", downAfterMs: 600 });
  const a = await parent(context, { name: "a", peers: { b: b.address }, downAfterMs: 600 });
  a.send("b", 0);
  await b.received(1);
  b.process.kill("SIGSTOP");
  await a.until(() => a.events.length === 2);
  b.process.kill("SIGCONT");
  let told = await b.order({ kind: "tell" });
  while (!told.events.includes("refused by a~1")) told = await b.order({ kind: "tell" });
  assert.equal(a.send("b", 1, 1), "node_down");
  await b.order({ kind: "send", to: "a", from: 5, count: 3 });
  assert.deepEqual(a.received, []);
});

test("two processes exchange 100,000 messages each way, in order", {
  timeout: 30_000,
}, async (context) => {
  const b = await Child.start(context, { name: "b" });
  const a = await parent(context, { name: "a", peers: { b: b.address } });
  a.send("b", 0);
  await b.received(1);
  const back = b.order({ kind: "send", to: "a", from: 0, count: 100_000 });
  await sendAll(a, "b", numbers(1, 99_999));
  await back;
  const told = await b.received(100_000);
  assert.deepEqual([told.count, told.last, told.isInOrder], [100_000, 99_999, true]);
  await a.until(() => a.received.length === 100_000);
  assert.deepEqual(a.received, numbers(0, 100_000));
});
