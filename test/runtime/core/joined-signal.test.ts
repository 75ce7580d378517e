// A signal that is aborted with others, and can be let go.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("whichever is aborted first aborts it, with its reason, and none is listened to any more", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const joined = new JoinedSignal([one.signal, other.signal]);
  assert.equal(joined.signal.aborted, false);
  other.abort("enough");
  assert.equal(joined.signal.reason, "enough");
  assert.deepEqual([listeners(one.signal), listeners(other.signal)], [0, 0]);
  one.abort("late");
  assert.equal(joined.signal.reason, "enough");
});

test("one that is aborted already aborts it at once", () => {
  const other = new AbortController();
  const joined = new JoinedSignal([other.signal, AbortSignal.abort("over")]);
  assert.equal(joined.signal.reason, "over");
  assert.equal(listeners(other.signal), 0);
});

test("aborted by itself or let go, it leaves the others alone", () => {
  const source = new AbortController();
  const joined = new JoinedSignal([source.signal]);
  joined.abort();
  assert.deepEqual([joined.signal.aborted, source.signal.aborted], [true, false]);
  const released = new JoinedSignal([source.signal]);
  released.release();
  assert.equal(listeners(source.signal), 0);
  source.abort();
  assert.equal(released.signal.aborted, false);
});

test("what listens to it is not kept when nobody else has it", async () => {
  const seen = await collected((heard) => {
    const source = new AbortController();
    new JoinedSignal([source.signal]).signal.addEventListener("abort", () => heard.push(source));
  });
  assert.equal(seen, true);
});

/** Whether what `begin` fills is collected, once `begin` is over. */
async function collected(begin: (heard: unknown[]) => void): Promise<boolean> {
  const kept = keptBy(begin);
  for (let times = 0; times < 5; times += 1) {
    await setImmediate();
    collectGarbage();
  }
  return kept.deref() === undefined;
}

function keptBy(begin: (heard: unknown[]) => void): WeakRef<object> {
  const heard: unknown[] = [];
  begin(heard);
  return new WeakRef(heard);
}
