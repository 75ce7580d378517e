import assert from "node:assert/strict";
import { test } from "node:test";
import { migrationLimits } from "#protocols/cluster/migration.ts";
import { ArrivalGate } from "#runtime/cluster/migration/arrival-gate.ts";
import type {
  GateSnapshot,
  StreamBody,
  StreamItem,
} from "#runtime/cluster/migration/peer-message.ts";

interface Terms {
  readonly version: number;
  readonly origin?: string;
  readonly start?: boolean;
}

const item = (body: StreamBody<string>, terms: Terms): StreamItem<string> => ({
  aid: "home~1#1",
  origin: "a~1",
  epoch: 9,
  start: false,
  ...terms,
  body,
});
const say = (message: string, terms: Terms) => item({ kind: "message", message }, terms);
const flush = (to: number, terms: Terms) => item({ kind: "flush", to, probe: to }, terms);

function makeGate(given: { snapshot?: GateSnapshot<string>; removed?: Set<string> } = {}) {
  const seen: string[] = [];
  const removed = given.removed ?? new Set();
  const gate = new ArrivalGate<string>({
    sink: {
      accept: (message) => seen.push(message),
      acknowledge: (origin, probe) => seen.push(`ack ${origin} ${probe}`),
      lost: ({ body }, reason) => {
        if (body.kind === "message") seen.push(`lost ${body.message} ${reason}`);
      },
    },
    isRemoved: (node) => removed.has(node),
    ...(given.snapshot ? { snapshot: given.snapshot } : {}),
  });
  return { gate, seen, removed };
}

test("what comes over the new path waits for the end of the old one", () => {
  const { gate, seen } = makeGate();
  gate.offer(say("m3", { version: 3 }));
  gate.offer(say("m1", { version: 0 }));
  gate.offer(say("m2", { version: 0 }));
  assert.deepEqual(seen, ["m1", "m2"]);
  gate.offer(flush(3, { version: 0 }));
  assert.deepEqual(seen, ["m1", "m2", "m3", "ack a~1 3"]);
  assert.equal(gate.heldCount, 0);
});

test("two changes of path in a row are taken in their order, though the later path was the quicker", () => {
  const { gate, seen } = makeGate();
  gate.offer(say("m5", { version: 5 }));
  gate.offer(say("m3", { version: 3 }));
  gate.offer(flush(5, { version: 3 }));
  assert.equal(gate.heldCount, 3);
  gate.offer(flush(3, { version: 0 }));
  assert.deepEqual(seen, ["m3", "m5", "ack a~1 5", "ack a~1 3"]);
});

test("origins do not wait for each other", () => {
  const { gate, seen } = makeGate();
  gate.offer(say("held", { version: 2 }));
  gate.offer(say("other", { version: 2, origin: "b~1", start: true }));
  assert.deepEqual(seen, ["other"]);
});

test("a probe is acknowledged only after what was sent before it has come in", () => {
  const { gate, seen } = makeGate();
  gate.offer(say("m", { version: 1 }));
  gate.offer(item({ kind: "probe", probe: 7 }, { version: 1 }));
  assert.deepEqual(seen, []);
  gate.offer(flush(1, { version: 0 }));
  assert.deepEqual(seen, ["m", "ack a~1 7", "ack a~1 1"]);
});

test("a new beginning lets in what is held, and what is older and comes later is lost, not let in", () => {
  const { gate, seen } = makeGate();
  gate.offer(say("m3", { version: 3 }));
  gate.offer(say("m5", { version: 5, start: true }));
  assert.deepEqual(seen, ["m3", "m5"]);
  gate.offer(say("m1", { version: 0 }));
  gate.offer(flush(3, { version: 0 }));
  assert.deepEqual(seen, ["m3", "m5", "lost m1 overtaken", "ack a~1 3"]);
});

test("what a removed node had sent comes in once, and nothing of it afterwards", () => {
  const { gate, seen, removed } = makeGate();
  gate.offer(say("m5", { version: 5 }));
  gate.offer(say("m3", { version: 3 }));
  removed.add("a~1");
  gate.originRemoved("a~1");
  gate.offer(say("straggler", { version: 0 }));
  gate.offer(item({ kind: "probe", probe: 1 }, { version: 0 }));
  assert.deepEqual(seen, ["m3", "m5", "lost straggler node_down"]);
});

test("a gate goes on at the next host where it stood", () => {
  const { gate } = makeGate();
  gate.offer(say("m3", { version: 3 }));
  gate.offer(say("m0", { version: 0 }));
  const next = makeGate({ snapshot: gate.snapshot() });
  assert.equal(next.gate.heldCount, 1);
  next.gate.offer(flush(3, { version: 0 }));
  assert.deepEqual(next.seen, ["m3", "ack a~1 3"]);
});

test("after a recovery nothing that is held waits for paths through the dead host", () => {
  const { gate, seen } = makeGate();
  gate.offer(say("m3", { version: 3 }));
  gate.pathsLost();
  gate.offer(say("m1", { version: 0 }));
  assert.deepEqual(seen, ["m3", "lost m1 overtaken"]);
});

test("at its bound a gate loses the newest message, and never a flush", () => {
  const { gate, seen } = makeGate();
  for (let index = 0; index <= migrationLimits.heldMax; index++) {
    gate.offer(say(String(index), { version: 1 }));
  }
  assert.deepEqual(seen, [`lost ${migrationLimits.heldMax} mailbox_full`]);
  gate.offer(flush(2, { version: 1 }));
  gate.offer(flush(1, { version: 0 }));
  assert.equal(gate.heldCount, 0);
  assert.equal(seen.length, 1 + migrationLimits.heldMax + 2);
});
