// Topics over nodes: who hears what, in which order, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import { TopicService, topicsPath } from "#protocols/cluster/topic-protocol.ts";
import { limits } from "#protocols/limits.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { clusterTopic } from "#runtime/cluster/topics/cluster-topic.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";
import { ClusterStage, type StageNode } from "../directory/cluster-stage.ts";

const Prices = clusterTopic<number>("docs.prices", Type.Number());

interface Desk {
  heard(): readonly number[];
}
const Desk = protocol<Desk>("test.TopicDesk@1", { heard: ask });

class DeskActor
  extends Actor<Desk, undefined, { price(price: number): void }>
  implements Handlers<Desk>
{
  static readonly protocol = Desk;
  readonly #heard: number[] = [];
  override start(): void {
    this.ctx.subscribe(Prices, "price");
  }
  price(price: number): void {
    this.#heard.push(price);
  }
  heard(): readonly number[] {
    return this.#heard;
  }
}

/** What a node hears, from now on. */
function listen({ system }: StageNode): { readonly heard: number[]; readonly end: () => void } {
  const heard: number[] = [];
  const end = system.events.subscribe(Prices, (price) => void heard.push(price));
  return { heard, end };
}

test("an event reaches the listeners of all nodes, one message a node, in its publisher's order", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b, c] = [await stage.start("a"), await stage.start("b"), await stage.start("c")];
  const desks = [1, 2, 3].map(() => b.system.spawn(DeskActor));
  const onA = listen(a);
  await time.settle();
  for (let price = 1; price <= 50; price += 1) a.system.events.publish(Prices, price);
  assert.deepEqual(onA.heard.length, 50, "here at once");
  await time.settle();
  const all = Array.from({ length: 50 }, (_, index) => index + 1);
  for (const desk of desks) assert.deepEqual(await time.until(desk.heard()), all);
  assert.equal(stage.sent("a", "b", "published"), 50, "one message a node, not a listener");
  assert.equal(stage.sent("a", "c", "published"), 0, "nobody listens there");
  c.system.events.publish(Prices, 51);
  await time.settle();
  assert.equal(onA.heard.at(-1), 51);
  await stage.end();
});

test("what is published before it is known who listens is held, up to its bound", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  const onB = listen(b);
  await time.settle();
  const max = limits.topicEventsHeldMax;
  for (let price = 1; price <= max + 2; price += 1) a.system.events.publish(Prices, price);
  const bound = (): unknown => a.system.bounds.find((each) => each.bound === "topicEventsHeldMax");
  assert.deepEqual(bound(), { bound: "topicEventsHeldMax", max, highest: max, reached: 2 });
  await time.settle();
  assert.equal(onB.heard.length, max);
  assert.equal(onB.heard[0], 3, "the oldest were dropped");
  assert.deepEqual(bound(), { bound: "topicEventsHeldMax", max, highest: 0, reached: 2 });
  await stage.end();
});

test("a subscription ends with its actor, with its withdrawal and with its node", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b, c] = [await stage.start("a"), await stage.start("b"), await stage.start("c")];
  const desk = b.system.spawn(DeskActor);
  const onC = listen(c);
  const publish = async (price: number): Promise<void> => {
    a.system.events.publish(Prices, price);
    await time.settle();
  };
  await time.settle();
  await publish(1);
  assert.deepEqual(await time.until(desk.heard()), [1]);
  await time.until(b.system.stopActor(desk));
  await time.settle();
  await publish(2);
  assert.equal(stage.sent("a", "b", "published"), 1);
  onC.end();
  const again = listen(c);
  again.end();
  await time.settle();
  await publish(3);
  assert.equal(stage.sent("a", "c", "published"), 2);
  const anew = listen(c);
  await time.settle();
  await publish(4);
  assert.deepEqual(anew.heard, [4]);
  const dead = a.system.deadLetters.counts.get("node_down") ?? 0;
  stage.takeDown("c");
  await time.settle();
  await publish(5);
  assert.equal(
    a.system.deadLetters.counts.get("node_down") ?? 0,
    dead,
    "nobody writes to the dead",
  );
  await stage.end();
});

test("a node that starts anew hears again", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  listen(b);
  await time.settle();
  a.system.events.publish(Prices, 1);
  await time.settle();
  stage.takeDown("b");
  const next = await stage.start("b", { incarnation: 2 });
  const { heard } = listen(next);
  await time.settle();
  a.system.events.publish(Prices, 2);
  await time.advance(2 * stage.ttlMs);
  a.system.events.publish(Prices, 3);
  await time.settle();
  assert.deepEqual(heard, [2, 3]);
  await stage.end();
});

test("what does not fit, cannot travel or is nobody's is dropped and said, and harms nobody", async () => {
  const stage = new ClusterStage([Desk]);
  const { time } = stage;
  const [a, b] = [await stage.start("a"), await stage.start("b")];
  const { heard } = listen(b);
  await time.settle();
  const Careless = clusterTopic<unknown>("docs.prices");
  a.system.events.publish(Careless, "dear");
  a.system.events.publish(Careless, 7);
  await time.settle();
  assert.deepEqual(heard, [7]);
  assert.ok(stage.logged.some((line) => /docs\.prices from .* does not fit/.test(line)));
  const wire = a.system.refTo(TopicService, { node: "b", path: topicsPath });
  wire.published("troupe.node-down", { node: { name: "a", incarnation: 1 } });
  wire.published("unheard", 1);
  await time.settle();
  assert.deepEqual(heard, [7]);
  assert.throws(() => clusterTopic("with space"), { code: "invalid" });
  assert.throws(() => clusterTopic("troupe.mine"), { code: "invalid" });
  await stage.end();
});

test("a system that belongs to no cluster says so", async () => {
  const { system, stop } = createTestSystem();
  assert.throws(() => system.events.subscribe(Prices, () => {}), { code: "unavailable" });
  assert.throws(() => system.events.publish(Prices, 1), { code: "unavailable" });
  await stop();
});
