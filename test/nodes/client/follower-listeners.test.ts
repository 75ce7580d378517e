// What a follower leaves behind at those who can end it, over many looks.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Following, type FollowPorts } from "#nodes/client/following.ts";

const event = (seq: number) => ({
  ...{ eventId: seq, channel: "room:hall", seq, type: "said", taskId: null, at: 1, payload: {} },
});

test("a follower listens to its end once, however often it looks", async (context) => {
  const ending = new AbortController();
  const listened = new Map<EventTarget, number>();
  const add = AbortSignal.prototype.addEventListener;
  const remove = AbortSignal.prototype.removeEventListener;
  const count = (target: EventTarget, by: number): void => {
    listened.set(target, (listened.get(target) ?? 0) + by);
  };
  context.mock.method(
    AbortSignal.prototype,
    "addEventListener",
    function added(this: AbortSignal, ...given: Parameters<typeof add>) {
      count(this, 1);
      add.apply(this, given);
    },
  );
  context.mock.method(
    AbortSignal.prototype,
    "removeEventListener",
    function removed(this: AbortSignal, ...given: Parameters<typeof remove>) {
      count(this, -1);
      remove.apply(this, given);
    },
  );
  let looks = 0;
  const ports: FollowPorts = {
    read: async (_channel, after) => {
      const seq = after("e");
      looks += 1;
      const isQuiet = looks % 2 === 0;
      const events = isQuiet ? [] : [event(seq + 1)];
      return { epoch: "e", page: { head: seq + events.length, isTrimmed: false, events } };
    },
    rung: async () => [],
    ...{ everyMs: () => 1, random: () => 0.5 },
  };
  const following = new Following(
    { channel: "room:hall", position: { epoch: "e", seq: 0 }, signals: [ending.signal] },
    ports,
  );
  for (let times = 0; times < 300; times += 1) await following.next();
  assert.ok(looks >= 599);
  const most = Math.max(...[...listened.values()].map((times) => Math.min(times, 1_000)));
  assert.ok(most <= 2, `one signal is listened to ${most} times`);
  assert.ok(getEventListeners(ending.signal, "abort").length <= 1);
  following.close();
  assert.equal((await following.next()).done, true);
});
