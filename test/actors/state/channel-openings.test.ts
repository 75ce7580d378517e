// What becomes of a channel that is asked for twice before it is open, over a store whose answers of what a
// channel has come when the test says.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { StateManager } from "#actors/state/state-manager.ts";
import type { StoreBackend } from "#actors/store/backend.ts";
import { openBackend } from "#actors/store/open-backend.ts";
import { storeActorOf } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { State } from "#protocols/tasks/state.ts";
import { diskStage } from "../disk-stage.ts";
import { eventsOf, followed, ListenerActor, until } from "./state-fixture.ts";

/** Answers about channels that wait, oldest first. */
type Held = ((way: "tell" | "fail") => void)[];

const HeldStoreActor = storeActorOf<Held>(async (held, readings) => {
  const backend = await openBackend({ kind: "memory" }, readings);
  const kept: StoreBackend = {
    info: backend.info,
    lost: backend.lost,
    close: () => backend.close(),
    call: async (command) => {
      const answer = await backend.call(command);
      if (command.method !== "readEvents") return answer;
      await new Promise<void>((resolve, reject) => {
        const lost = new Failure("unavailable", "the answer was lost on its way");
        held.push((way) => (way === "tell" ? resolve() : reject(lost)));
      });
      return answer;
    },
  };
  return kept;
});

async function heldOn(context: TestContext) {
  const { system } = await diskStage(context);
  const held: Held = [];
  const actor = system.spawn(HeldStoreActor, held, { name: "store" });
  await system.started(actor);
  await system.started(system.spawn(StateManager, { mirror: null }, { name: "state" }));
  const state = await system.lookup(State, "state", 5_000);
  await followed(state);
  const store = await system.lookup(Store, "store", 5_000);
  const say = async (message: string) => {
    await state.broadcast({ message, severity: "info" });
  };
  const asked = (count: number) => until(async () => held.length >= count);
  return { state, store, held, asked, say, subscriber: system.spawn(ListenerActor) };
}

const channel = "system";

test("who subscribes twice at a time begins at the same number, and misses nothing behind it", async (t) => {
  const { state, held, asked, say, subscriber } = await heldOn(t);
  const first = state.subscribe({ subscriber, channels: [channel] });
  await asked(1);
  await say("one");
  const second = state.subscribe({ subscriber, channels: [channel, "room:x"] });
  await until(async () => (await state.statistics()).eventId > 0);
  // Were it opened again, that would be its beginning: behind the first event.
  held[1]?.("tell");
  held[0]?.("tell");
  assert.deepEqual((await first).heads, [{ channel, head: 0 }]);
  await asked(2);
  for (const tell of held.splice(0)) tell("tell");
  const { heads } = await second;
  await say("two");
  await until(async () => eventsOf(await subscriber.heard(0), channel).includes(2));
  assert.deepEqual(eventsOf(await subscriber.heard(0), channel), [1, 2]);
  assert.deepEqual(
    heads.map((at) => at.channel),
    [channel, "room:x"],
  );
  assert.ok((heads[0]?.head ?? 9) <= 1, "what is told behind it follows");
});

test("when the first of two cannot be subscribed, the second is by itself", async (t) => {
  const { state, held, asked, say, subscriber } = await heldOn(t);
  const first = state.subscribe({ subscriber, channels: [channel] });
  await asked(1);
  const second = state.subscribe({ subscriber, channels: [channel] });
  await say("one");
  held.shift()?.("fail");
  await assert.rejects(first, { code: "unavailable" });
  await asked(1);
  held.shift()?.("tell");
  assert.deepEqual((await second).heads, [{ channel, head: 1 }]);
  await say("two");
  await until(async () => (await subscriber.heard(0)).length > 0);
  assert.deepEqual(eventsOf(await subscriber.heard(0), channel), [2]);
});

test("a resume that fails while a subscription is answered leaves that one as it was told", async (t) => {
  const { state, store, held, asked, say, subscriber } = await heldOn(t);
  const { epoch } = await store.info();
  const subscribed = state.subscribe({ subscriber, channels: [channel] });
  await asked(1);
  const resumed = state.resume({ subscriber, channel, epoch, after: 0 });
  await asked(2);
  held[0]?.("tell");
  assert.deepEqual((await subscribed).heads, [{ channel, head: 0 }]);
  await say("one");
  held[1]?.("fail");
  await assert.rejects(resumed, { code: "unavailable" });
  await until(async () => (await subscriber.heard(0)).length > 0);
  assert.deepEqual(eventsOf(await subscriber.heard(0), channel), [1]);
});

/** Of two resumes of the channel at a time the newer one fails: before the older one is answered, or behind. */
async function newerFails(t: TestContext, first: "older" | "newer") {
  const { state, store, held, asked, say, subscriber } = await heldOn(t);
  const { epoch } = await store.info();
  await say("one");
  const resume = () => state.resume({ subscriber, channel, epoch, after: 0 });
  const older = resume();
  await asked(1);
  const newer = resume();
  await asked(2);
  const failed = assert.rejects(newer, { code: "unavailable" });
  if (first === "older") {
    held[0]?.("tell");
    await older;
    await say("two");
    held[1]?.("fail");
    await failed;
  } else {
    held[1]?.("fail");
    await failed;
    await say("two");
    held[0]?.("tell");
  }
  const { kind } = await older;
  assert.equal(kind, "recovered");
  await say("three");
  await until(async () => eventsOf(await subscriber.heard(0), channel).includes(3));
  assert.deepEqual(eventsOf(await subscriber.heard(0), channel), [1, 2, 3]);
}

for (const first of ["older", "newer"] as const) {
  test(`who is told that it recovered hears what it missed, though a newer resume fails, the ${first} first`, (t) =>
    newerFails(t, first));
}
