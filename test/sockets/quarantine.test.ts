// Lives of a node that somebody who must know declares over: no link has a say in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TestTransport } from "./test-transport.ts";

test("a life declared over before it ever called is refused when it does, and so is every one before it", {
  timeout: 20_000,
}, async () => {
  const a = await TestTransport.start({ name: "a" });
  a.transport.quarantine({ name: "b", incarnation: 7 }, "its session has ended");
  for (const incarnation of [7, 3]) {
    const b = await TestTransport.start({ name: "b", incarnation, peers: { a: a.address } });
    assert.equal(b.send("a", "hello"), "accepted");
    await b.until(() => b.events.some((event) => event.startsWith("refused by a")));
    await b.stop();
  }
  assert.deepEqual(a.received, []);
  const next = await TestTransport.start({ name: "b", incarnation: 8, peers: { a: a.address } });
  next.send("a", "hello again");
  await a.until(() => a.received.length > 0);
  assert.deepEqual(a.received, ["hello again"]);
  assert(a.events.includes("up b~8") && !a.events.some((event) => /^up b~[37]/.test(event)));
  await next.stop();
  await a.stop();
});

test("a life declared over while its link stands is down at once and once, and its peer hears it", {
  timeout: 20_000,
}, async () => {
  const a = await TestTransport.start({ name: "a" });
  const b = await TestTransport.start({ name: "b", peers: { a: a.address } });
  b.send("a", "hello");
  await a.until(() => a.received.length > 0);
  a.send("b", "well");
  await b.until(() => b.received.length > 0);
  a.transport.quarantine({ name: "b", incarnation: 1 }, "its session has ended");
  a.transport.quarantine({ name: "b", incarnation: 1 }, "its session has ended");
  assert.equal(a.send("b", "too late", 1), "node_down");
  b.send("a", "anybody?");
  await b.until(() => b.events.some((event) => event.startsWith("refused by a")));
  assert.equal(a.events.filter((event) => event.startsWith("down b")).length, 1);
  assert.deepEqual(a.received, ["hello"]);
  await b.stop();
  await a.stop();
});

test("a node met by its address is reached without ever having called; one beyond reach is not met", {
  timeout: 20_000,
}, async () => {
  const [a, b] = await Promise.all([
    TestTransport.start({ name: "a" }),
    TestTransport.start({ name: "b" }),
  ]);
  assert.equal(a.send("b", "hello"), "not_found");
  a.transport.meet("b", "tcp://10.1.2.3:7600");
  assert.equal(a.send("b", "hello"), "not_found");
  a.transport.meet("b", b.address);
  assert.equal(a.send("b", "hello"), "accepted");
  await b.until(() => b.received.length > 0);
  await Promise.all([a.stop(), b.stop()]);
});
