// What happens inside a node, told to whoever cares; and what the node provides to its actors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { systemTopics, topic } from "#runtime/core/event-bus.ts";
import { serviceKey } from "#runtime/core/services.ts";
import { createPuppetNodes, createPuppets, nameOf, Puppet, seenFrom } from "./puppet.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "nothing";
  } catch (error) {
    return Failure.of(error).code;
  }
};

test("each listener hears the events of its topic in order, until it unsubscribes", async () => {
  const { system, stop } = createPuppets();
  const prices = topic<{ readonly price: number }>("prices");
  const heard: string[] = [];
  const endOne = system.events.subscribe(prices, ({ price }) => void heard.push(`one ${price}`));
  system.events.subscribe(prices, ({ price }) => void heard.push(`two ${price}`));
  system.events.subscribe(topic<object>("others"), () => void heard.push("others"));
  system.events.publish(prices, { price: 1 });
  endOne();
  endOne();
  system.events.publish(prices, { price: 2 });
  assert.deepEqual(heard, ["one 1", "two 1", "two 2"]);
  assert.equal(system.events.hasListeners(prices), true);
  await stop();
});

test("a listener that throws is logged, and the others hear all the same", async () => {
  const { system, log, stop } = createPuppets();
  const news = topic<{ readonly text: string }>("news");
  const heard: string[] = [];
  system.events.subscribe(news, () => {
    throw new Error("deaf");
  });
  system.events.subscribe(news, ({ text }) => void heard.push(text));
  system.events.publish(news, { text: "a" });
  assert.deepEqual(heard, ["a"]);
  assert.equal(log.filter(({ message }) => /a listener of news threw/.test(message)).length, 1);
  await stop();
});

test("who subscribes or unsubscribes while an event is told changes nothing about that one", async () => {
  const { system, stop } = createPuppets();
  const news = topic<object>("news");
  const heard: string[] = [];
  let ends = 0;
  system.events.subscribe(news, () => {
    heard.push("first");
    endSecond();
    ends += 1;
    if (ends === 1) system.events.subscribe(news, () => void heard.push("new"));
  });
  const endSecond = system.events.subscribe(news, () => void heard.push("second"));
  system.events.publish(news, {});
  assert.deepEqual(heard.splice(0), ["first", "second"]);
  system.events.publish(news, {});
  assert.deepEqual(heard, ["first", "new"]);
  await stop();
});

test("no more than the bound listen, and who leaves makes room", async () => {
  const { system, stop } = createPuppets();
  const news = topic<object>("news");
  const ends: (() => void)[] = [];
  const join = (): string => codeOf(() => ends.push(system.events.subscribe(news, () => {})));
  while (join() === "nothing") assert.ok(ends.length <= limits.listenersMax);
  assert.equal(join(), "mailbox_full");
  ends[0]?.();
  assert.equal(join(), "nothing");
  for (const end of ends) end();
  await stop();
});

test("the engine tells of births, crashes, ends and dead letters, an actor may listen", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const listener = puppet({ name: "listener" });
  const note = (text: string): void => listener.hint(() => void diary.push(text));
  await time.settle();
  system.events.subscribe(systemTopics.spawned, ({ actor }) => note(`${actor.path} is born`));
  system.events.subscribe(systemTopics.crashed, ({ actor, failure }) =>
    note(`${actor.path} ${failure.code}`),
  );
  system.events.subscribe(systemTopics.ended, ({ actor, exit }) =>
    note(`${actor.path} ${exit.kind}`),
  );
  system.events.subscribe(systemTopics["dead-letter"], ({ method, reason }) =>
    note(`${method} ${reason}`),
  );
  const child = puppet({ name: "child" });
  child.hint(() => {
    throw new Error("oops");
  });
  await time.advance(10);
  await time.until(system.stopActor(child), 0);
  child.hint(() => {});
  await time.settle();
  assert.deepEqual(diary, [
    "/child is born",
    "/child actor_crashed",
    "/child stopped",
    "hint actor_stopped",
  ]);
  await stop();
});

test("the engine's topics keep their names", () => {
  assert.equal(
    codeOf(() => topic("troupe.ended")),
    "invalid",
  );
});

test("a dead letter names its sender, on this node and on another, by ref and by path", async () => {
  const {
    time,
    nodes: [n1, n2],
  } = await createPuppetNodes();
  const gone = n1.puppet({ name: "gone" });
  const far = seenFrom(n2, gone);
  const byPath = n1.system.refTo(Puppet, { node: "n1", path: "/gone" });
  await time.until(n1.system.stopActor(gone), 0);
  const here = n1.puppet({ name: "here" });
  here.hint(() => {
    gone.hint(() => {});
    byPath.hint(() => {});
  });
  n2.puppet({ name: "there" }).hint(() => far.hint(JSON.parse("null")));
  await time.settle();
  gone.hint(() => {});
  const senders = n1.system.deadLetters.last.map(({ from }) => nameOf(from));
  assert.deepEqual(senders, ["here", "here", "there", "nobody"]);
  const said = n1.log.filter(({ message }) => message === "dead letter: hint");
  assert.equal(said.length, 4);
  await n2.stop();
  await n1.stop();
});

test("listeners that send in vain do not hear of that, and each dead letter is counted once", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const gone = puppet();
  await time.until(system.stopActor(gone), 0);
  let heard = 0;
  for (let listener = 0; listener < 5; listener += 1) {
    system.events.subscribe(systemTopics["dead-letter"], () => {
      heard += 1;
      gone.hint(() => {});
    });
  }
  gone.hint(() => {});
  assert.equal(heard, 5);
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 6);
  assert.equal(system.counts.dead, 6);
  gone.hint(() => {});
  assert.equal(heard, 10, "the next one is told again");
  await stop();
});

test("a service is used under its key, by its type; a missing or a second one is refused", async () => {
  const { system, puppet, stop } = createPuppets();
  const meters = serviceKey("meter", (value) => (value instanceof Map ? value : undefined));
  const texts = serviceKey("meter", (value) => (typeof value === "string" ? value : undefined));
  const user = puppet();
  const use = () =>
    user.act((ctx) => {
      try {
        return String(ctx.use(meters).get("unit"));
      } catch (error) {
        return `${Failure.of(error).code}: ${Failure.of(error).detail}`;
      }
    });
  assert.match(String(await use()), /^unavailable: .*"meter".*system\.provide/);
  system.provide(meters, new Map([["unit", "kg"]]));
  assert.equal(await use(), "kg");
  assert.equal(
    codeOf(() => system.provide(meters, new Map())),
    "name_taken",
  );
  assert.equal(
    codeOf(() => system.provide(texts, "kg")),
    "name_taken",
  );
  await stop();
});
