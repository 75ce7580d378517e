// The registry's writes against a real store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, type Book, hear } from "#actors/registry/known-nodes.ts";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeLedger } from "#actors/registry/node-ledger.ts";
import { Failure } from "#protocols/failure.ts";
import { storeOn } from "../queue/queue-fixture.ts";
import { sampleCapability, sampleLoad } from "./sample-capability.ts";

test("a node whose record the store refuses holds up nobody else, and is told of at each write", async (context) => {
  const { system, store } = await storeOn(context);
  const probe = { pid: 7, load: () => sampleLoad };
  const agent = system.spawn(NodeAgentActor, { capabilities: sampleCapability, probe });
  const at = { now: 1, wall: Date.now() };
  const bookWith = (book: Book, name: string, diskPercent: number): Book => {
    const registration = { agent, name, incarnation: 1, pid: 7, capabilities: sampleCapability };
    const admission = admit(book, registration, { ...at, nodesMax: 10 });
    if (admission instanceof Failure) throw admission;
    const load = { ...sampleLoad, diskPercent };
    const heard = hear(admission.book, { agent, name, incarnation: 1, load }, at);
    return heard === "unregistered" ? assert.fail("it has registered") : heard;
  };
  // No number: its row cannot be kept.
  const book = bookWith(bookWith(bookWith([], "a", 10), "b", Number.NaN), "c", 30);
  const ledger = new NodeLedger(store);
  const troubles: Failure[] = [];
  for (const node of book) await ledger.introduce(node);
  for (const round of [1, 2]) {
    const written = await ledger.write(book, (failure) => void troubles.push(failure));
    assert.deepEqual(written.map(({ node }) => node).sort(), ["a", "c"]);
    assert.equal(troubles.length, round);
  }
  assert.match(troubles[0]?.detail ?? "", /diskPercent is NaN; it may be a finite number/);
  assert.equal((await store.node("c"))?.diskPercent, 30);
  assert.equal((await store.node("b"))?.diskPercent, 0);
});

test("looks read what is kept of all nodes in turn, some at a time and one look at a time", async (context) => {
  const { store } = await storeOn(context);
  const machine = { hostname: "h", platform: "linux", arch: "x64" };
  const names = Array.from({ length: 300 }, (_, n) => `n${String(n).padStart(3, "0")}`);
  for (const node of names) await store.registerNode({ node, incarnation: 1, ...machine });
  const ledger = new NodeLedger(store);
  const look = async () => (await ledger.look()).map(({ node }) => node);
  const [first, meanwhile] = await Promise.all([look(), look()]);
  assert.deepEqual([first, meanwhile], [names.slice(0, 256), []]);
  assert.deepEqual(await look(), names.slice(256));
  await store.countNodeWork({ node: "n000", completed: 1, failed: 0, runMs: 5, faults: 0 });
  const [again] = await ledger.look();
  assert.deepEqual([again?.node, again?.tasksCompleted], ["n000", 1]);
});
