// Actors that listen to topics: events come as messages of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { DeadLetter } from "#runtime/core/dead-letters.ts";
import { systemTopics, topic } from "#runtime/core/event-bus.ts";
import { createPuppets } from "./puppet.ts";

interface Listening {
  follow(): void;
  cease(): void;
  fail(): void;
  pause(ms: number): void;
}
const Listening = protocol<Listening>("test.Listening@1", {
  follow: tell,
  cease: tell,
  fail: tell,
  pause: tell,
});
interface Own {
  heard(news: News): void;
  lost(letter: DeadLetter): void;
}
interface News {
  readonly text: string;
}
const newsTopic = topic<News>("news");

class ListeningActor
  extends Actor<Listening, { readonly diary: string[] }, Own>
  implements Handlers<Listening>
{
  static readonly protocol = Listening;
  static readonly mailbox = { capacity: 2, whenFull: "backpressure" } as const;
  static initial = (args: { readonly diary: string[] }) => args;
  follow(): void {
    this.ctx.subscribe(newsTopic, "heard");
    this.ctx.subscribe(systemTopics["dead-letter"], "lost");
  }
  cease(): void {
    this.ctx.unsubscribe(newsTopic);
  }
  fail(): void {
    throw new Error("as told");
  }
  async pause(ms: number): Promise<void> {
    await this.ctx.sleep(ms);
  }
  heard({ text }: News): void {
    this.state.diary.push(`${text} from ${this.ctx.sender ? "somebody" : "nobody"}`);
  }
  lost({ method }: DeadLetter): void {
    this.state.diary.push(`lost ${method}`);
  }
}

/** One who follows the news and the dead letters. */
async function listening() {
  const world = createPuppets();
  const { system, diary, time } = world;
  const listener = system.spawn(ListeningActor, { diary });
  listener.follow();
  await time.settle();
  return { ...world, listener };
}

test("an actor hears events as messages of its own, one at a time, until it ceases", async () => {
  const { system, listener, puppet, time, diary, stop } = await listening();
  const writer = puppet();
  writer.hint((ctx) => ctx.publish(newsTopic, { text: "a" }));
  await time.settle();
  listener.pause(100);
  await time.settle();
  system.events.publish(newsTopic, { text: "b" });
  assert.deepEqual(diary, ["a from nobody"], "the second waits for the handler in progress");
  await time.advance(100);
  listener.cease();
  await time.settle();
  system.events.publish(newsTopic, { text: "c" });
  await time.settle();
  assert.deepEqual(diary, ["a from nobody", "b from nobody"]);
  assert.equal(system.events.hasListeners(newsTopic), false);
  await stop();
});

test("a subscription lasts over restarts, is there once, and ends with its actor", async () => {
  const { system, listener, time, diary, stop } = await listening();
  listener.fail();
  listener.follow();
  listener.follow();
  await time.settle();
  system.events.publish(newsTopic, { text: "a" });
  await time.settle();
  assert.deepEqual(diary, ["a from nobody"]);
  await time.until(system.stopActor(listener), 0);
  for (const of of [newsTopic, systemTopics["dead-letter"]]) {
    assert.equal(system.events.hasListeners(of), false);
  }
  system.events.publish(newsTopic, { text: "b" });
  assert.equal(system.counts.dead, 0);
  await stop();
});

test("a listener that falls behind loses events by its mailbox's policy, and holds up nobody", async () => {
  const { system, listener, puppet, time, diary, stop } = await listening();
  listener.pause(100);
  await time.settle();
  const writer = puppet();
  writer.hint((ctx) => {
    for (const text of "abcdef") ctx.publish(newsTopic, { text });
  });
  assert.equal(
    await time.until(
      writer.act(() => "not paused"),
      10,
    ),
    "not paused",
  );
  const lost = system.deadLetters.last.map(({ method }) => method);
  assert.deepEqual(lost, ["heard", "lost", "heard", "lost"], "two events, and the word of each");
  await time.advance(100);
  assert.deepEqual(
    diary,
    [..."abcd"].map((text) => `${text} from nobody`),
  );
  await stop();
});
