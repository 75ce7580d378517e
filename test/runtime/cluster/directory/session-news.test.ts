import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionNews } from "#runtime/cluster/directory/session-news.ts";

test("what users say and what the engine says are one state; nothing said is no state", () => {
  const news = new SessionNews();
  let told = 0;
  news.attend(() => {
    told += 1;
  });
  assert.equal(news.state, undefined);
  news.say({ load: 3 });
  assert.equal(told, 0);
  news.tell("status", "leaving");
  news.tell("status", "leaving");
  assert.equal(told, 1);
  assert.deepEqual(news.state, { load: 3, status: "leaving" });
  news.say({});
  news.tell("status", undefined);
  assert.equal(news.state, null);
});

test("users cannot speak in the engine's place", () => {
  const news = new SessionNews();
  assert.throws(() => news.say({ status: "up" }), /"status", which the engine says itself/);
  assert.throws(() => news.say({ load: 1, suspects: {} }), /"suspects"/);
  assert.equal(news.state, undefined);
});
