import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Followed, FollowRequest } from "#protocols/cluster/directory-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { ChangeFeed } from "#runtime/cluster/directory/change-feed.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

interface Asked {
  readonly request: FollowRequest;
  readonly signal: AbortSignal;
  readonly answer: (followed: Followed) => void;
}

const system = await startLocalSystem({ log: { write: () => {} } });
after(() => system.stop());

function open(): { readonly feed: ChangeFeed; readonly asked: readonly Asked[] } {
  const asked: Asked[] = [];
  const feed = new ChangeFeed({
    clock: system.clock,
    timers: system.timers,
    follow: (request, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ request, signal, answer: resolve });
        signal.addEventListener("abort", () => reject(new Failure("cancelled", "given up")));
      }),
    complain: (failure) => assert.fail(failure.message),
  });
  return { feed, asked };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("who watches what is followed already, or ends it, does not hold up those who wait", async () => {
  const { feed, asked } = open();
  let told = 0;
  const listener = { lost: () => void told++, changed: () => {} };
  const endings = [feed.watch("names/desk", listener)];
  for (let count = 0; count < 100; count += 1) {
    endings.push(feed.watch("names/desk", listener));
    endings.shift()?.();
    await turn();
  }
  assert.equal(asked.length, 1, "the first request is still waited for");
  asked[0]?.answer({ kind: "lost", revision: 7 });
  await turn();
  assert.equal(told, endings.length, "who watches is told to list");
  assert.deepEqual(asked[1]?.request, { after: 7, prefixes: ["names/desk"] });
  feed.watch("names/desk", listener);
  await turn();
  assert.equal(told, endings.length + 1, "who comes later is told at once");
  assert.equal(asked.length, 2);
});

test("what nobody has asked for yet is asked for at once, and the last one ends the request", async () => {
  const { feed, asked } = open();
  const listener = { lost: () => {}, changed: () => {} };
  const ends = [feed.watch("names/", listener), feed.watch("nodes/", listener)];
  await turn();
  assert.equal(asked[0]?.signal.aborted, true);
  assert.deepEqual(asked[1]?.request, { prefixes: ["names/", "nodes/"] });
  ends.push(feed.watch("names/desk", listener));
  await turn();
  assert.equal(asked.length, 2, "it lies below what is asked for");
  for (const end of ends) end();
  await turn();
  assert.equal(asked[1]?.signal.aborted, true);
  assert.equal(asked.length, 2);
});
