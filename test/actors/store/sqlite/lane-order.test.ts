import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "./sqlite-store-fixture.ts";

test("lanes of which more waits than was read keep their order, also after it was opened again", (t) => {
  const store = createStore(t);
  const submitted: string[] = [];
  for (let index = 0; index < 1_400; index += 1) {
    store.nowMs += 1;
    submitted.push(store.submit({ model: "m", batchKey: index % 7 === 0 ? "rare" : "usual" }));
  }
  const claimed: string[] = [];
  for (let turn = 0; ; turn += 1) {
    const leases = store.claim(turn === 0 ? 300 : 50);
    if (leases.length === 0) break;
    claimed.push(...leases.map(({ taskId }) => taskId));
    if (turn === 3) store.reopen();
  }
  assert.deepEqual(claimed, submitted);
});
