// When a shard that is handed over has had all that was sent to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AttachedSenders, countArrival } from "#runtime/cluster/keyed/attached-senders.ts";
import { HandOver } from "#runtime/cluster/keyed/hand-over.ts";

const a = { name: "a", incarnation: 1 };
const b = { name: "b", incarnation: 1 };
const tenure = { shard: 3, fence: 7 };

function withSenders(): { senders: AttachedSenders; handOver: HandOver } {
  const senders = new AttachedSenders();
  senders.attach(a);
  senders.attach(b);
  return { senders, handOver: new HandOver(tenure, senders.all, 1_000) };
}

test("each sender has to say that it holds, and how many it had sent", () => {
  const { handOver } = withSenders();
  assert.deepEqual(handOver.awaitedNames, ["a~1", "b~1"]);
  handOver.reported(a, 0);
  assert.equal(handOver.hasHeardAll, false);
  handOver.reported(b, 0);
  assert.equal(handOver.hasHeardAll, true);
});

test("a report that overtook messages does not count before they are there", () => {
  const { handOver, senders } = withSenders();
  const sender = senders.find(a);
  assert.ok(sender);
  countArrival(sender, 3);
  handOver.reported(b, 0);
  handOver.reported(a, 3);
  assert.deepEqual(handOver.awaitedNames, ["a~1"]);
  countArrival(sender, 2);
  countArrival(sender, 3);
  assert.equal(handOver.hasHeardAll, false, "another shard's message is none of this one");
  countArrival(sender, 3);
  assert.equal(handOver.hasHeardAll, true);
});

test("a sender that is gone is not waited for; another life of it is another sender", () => {
  const { handOver, senders } = withSenders();
  handOver.reported({ name: "a", incarnation: 2 }, 0);
  assert.equal(handOver.awaitedNames.length, 2);
  handOver.gone(a);
  handOver.gone(b);
  assert.equal(handOver.hasHeardAll, true);
  senders.attach({ name: "a", incarnation: 2 });
  assert.equal(senders.find(a), undefined);
  senders.detach(a);
  assert.ok(senders.find({ name: "a", incarnation: 2 }), "the later life stays");
});
