import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Admission,
  admit,
  type Book,
  end,
  hear,
  sweep,
} from "#actors/registry/known-nodes.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeRegistration } from "#protocols/tasks/node.ts";
import { sampleCapability, sampleLoad } from "./sample-capability.ts";

const capabilities = sampleCapability;
const load = sampleLoad;
const heartbeatMs = 1000;
const nodesMax = 3;
const moment = (now: number) => ({ now, wall: 1_700_000_000_000 + now });

// Only the address of an agent matters to the book.
function agentOf(name: string, incarnation: number, uid = 1): NodeRegistration["agent"] {
  const address = { node: { name, incarnation }, path: "/agent", uid };
  const refuse = () => assert.fail("the book sent a message");
  const methods = { report: refuse, introduce: refuse, seek: refuse, found: refuse };
  const own = { accepted: refuse, missed: refuse, beat: refuse, leave: refuse, crashed: refuse };
  const leaving = { leaveObstacle: refuse };
  return {
    ...methods,
    ...own,
    ...leaving,
    $: { address, protocolId: "nodes.Agent@1", with: refuse, room: refuse },
  };
}
const registration = (name: string, incarnation = 1, uid = 1): NodeRegistration => ({
  agent: agentOf(name, incarnation, uid),
  name,
  incarnation,
  pid: 7,
  capabilities,
});
function admitted(book: Book, given: NodeRegistration, now: number): Admission {
  const admission = admit(book, given, { ...moment(now), nodesMax });
  if (admission instanceof Failure) throw admission;
  return admission;
}
function refused(book: Book, given: NodeRegistration, now: number): Failure {
  const admission = admit(book, given, { ...moment(now), nodesMax });
  assert.ok(admission instanceof Failure);
  return admission;
}
const bookOf = (...names: readonly string[]): Book =>
  names.reduce<Book>((book, name) => admitted(book, registration(name), 0).book, []);
const swept = (book: Book, now: number) =>
  sweep(book, { ...moment(now), sweptAt: now - heartbeatMs, heartbeatMs });
const beat = (name: string, incarnation = 1) => ({
  agent: agentOf(name, incarnation),
  name,
  incarnation,
  load,
});
function heard(book: Book, name: string, now: number): Book {
  const after = hear(book, beat(name), moment(now));
  if (typeof after === "string") assert.fail(after);
  return after;
}
const statuses = (book: Book) =>
  Object.fromEntries(book.map(({ view }) => [view.name, view.status]));
const stopped = { kind: "stopped" } as const;

test("a node is online from its registration on", () => {
  const [node] = bookOf("a");
  assert.equal(node?.view.status, "online");
  assert.equal(node?.view.statusReason, "registered");
  assert.equal(node?.view.registeredAt, moment(0).wall);
  assert.equal(node?.view.load, null);
});

test("three missed heartbeats make a node suspect, ten offline, not one earlier", () => {
  const book = bookOf("a");
  assert.equal(swept(book, 2999)[0]?.view.status, "online");
  assert.equal(swept(book, 3000)[0]?.view.status, "suspect");
  assert.equal(swept(book, 9999)[0]?.view.status, "suspect");
  const offline = swept(book, 10_000)[0];
  assert.equal(offline?.view.status, "offline");
  assert.equal(offline?.view.statusSince, moment(10_000).wall);
});

test("a heartbeat brings a suspect and a silent offline node back", () => {
  for (const silence of [3000, 10_000]) {
    const book = heard(swept(bookOf("a"), silence), "a", silence + 1);
    assert.equal(book[0]?.view.status, "online");
    assert.equal(book[0]?.view.load, load);
    assert.equal(book[0]?.view.lastHeartbeatAt, moment(silence + 1).wall);
  }
});

test("the end of its agent makes a node offline at once, and only a registration ends that", () => {
  const book = end(bookOf("a", "b"), agentOf("a", 1), { kind: "node-down", node: "a" }, moment(5));
  assert.deepEqual(statuses(book), { a: "offline", b: "online" });
  assert.equal(book[0]?.view.statusReason, "the node is down");
  assert.equal(hear(book, beat("a"), moment(6)), "unregistered");
  assert.equal(swept(book, 7)[0]?.view.status, "offline");
  const again = admitted(book, registration("a", 1, 2), 8);
  assert.deepEqual(statuses(again.book), { a: "online", b: "online" });
});

test("a lower incarnation is refused and changes nothing", () => {
  const { book } = admitted([], registration("a", 5), 0);
  const failure = refused(book, registration("a", 4), 1);
  assert.equal(failure.code, "name_taken");
  assert.match(failure.detail, /incarnation 5.*this is 4/);
  assert.equal(hear(book, beat("a", 4), moment(1)), "unregistered");
});

test("a higher incarnation replaces the lower one, and the old agent's end means nothing", () => {
  const first = admitted([], registration("a", 1), 0);
  const second = admitted(heard(first.book, "a", 1), registration("a", 2), 10);
  assert.equal(second.replaced?.$.address.node.incarnation, 1);
  assert.equal(second.book.length, 1);
  assert.equal(second.book[0]?.view.load, null);
  assert.equal(second.book[0]?.view.registeredAt, moment(10).wall);
  const after = end(second.book, agentOf("a", 1), stopped, moment(11));
  assert.equal(after[0]?.view.status, "online");
});

test("registering twice in one life keeps the first registration's time and the load", () => {
  const book = heard(bookOf("a"), "a", 100);
  const again = admitted(book, registration("a"), 200);
  assert.equal(again.replaced, undefined);
  assert.equal(again.book[0]?.view.registeredAt, moment(0).wall);
  assert.equal(again.book[0]?.view.statusSince, moment(0).wall);
  assert.equal(again.book[0]?.view.load, load);
});

test("a heartbeat of an unknown node, or of a life not yet registered, asks for a registration", () => {
  assert.equal(hear([], beat("a"), moment(0)), "unregistered");
  assert.equal(hear(bookOf("a"), beat("a", 2), moment(0)), "unregistered");
});

test("a full book forgets the node that is offline longest", () => {
  const one = end(bookOf("a", "b", "c"), agentOf("b", 1), stopped, moment(1));
  const two = end(one, agentOf("a", 1), stopped, moment(2));
  const { book, forgotten } = admitted(two, registration("d"), 3);
  assert.equal(forgotten?.view.name, "b");
  assert.deepEqual(statuses(book), { a: "offline", c: "online", d: "online" });
});

test("a full book without an offline node refuses a new node but not a known one", () => {
  const book = bookOf("a", "b", "c");
  const failure = refused(book, registration("d"), 1);
  assert.equal(failure.code, "unavailable");
  assert.equal(admitted(book, registration("a", 2), 1).book.length, 3);
});

test("silence while the registry itself slept is not held against the nodes", () => {
  const book = bookOf("a");
  const late = sweep(book, { ...moment(60_000), sweptAt: 1000, heartbeatMs });
  assert.equal(late[0]?.view.status, "online");
  const offline = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].reduce(
    (swiped, beatsLater) => swept(swiped, 60_000 + beatsLater * heartbeatMs),
    late,
  );
  assert.equal(offline[0]?.view.status, "offline");
});
