// A file that was written when the machine's clock was ahead, opened when it was set back: the store's
// clock goes on from what the file says.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { DirectBackend } from "./direct-backend.ts";
import { refOf, submission, temporaryFolder } from "./sqlite-store-fixture.ts";

const hourMs = 3_600_000;

/** A store that is written under a clock which is an hour ahead, and closed. */
function writtenAhead(context: TestContext, write: (store: DirectBackend, clock: Clock) => void) {
  const path = join(temporaryFolder(context), "tasks.db");
  const clock = { nowMs: Date.now() + hourMs };
  let ids = 0;
  const makeId = () => {
    ids += 1;
    return `t${ids}`;
  };
  const store = new DirectBackend({ path, nowMs: () => clock.nowMs, makeId });
  write(store, clock);
  store.store.close();
  return { path, nowMs: clock.nowMs };
}

interface Clock {
  nowMs: number;
}

async function submittedAt(path: string): Promise<number> {
  const backend = await SqliteBackend.open({ path });
  try {
    const made = await backend.call({ method: "submit", args: [submission({})] });
    assert.ok(made.kind === "created");
    const view = await backend.call({ method: "view", args: [made.taskId] });
    return view?.submittedAt ?? 0;
  } finally {
    await backend.close();
  }
}

const claimed = (store: DirectBackend) =>
  store.do({
    method: "claim",
    args: [{ node: "a", incarnation: 1, models: ["m"], max: 1, leaseMs: 60_000 }],
  });

test("with the machine's clock set back, a store that opens anew goes on from its newest event", async (context) => {
  const { path, nowMs } = writtenAhead(context, (store) => {
    store.do({ method: "submit", args: [submission({})] });
  });
  const at = await submittedAt(path);
  assert.ok(at >= nowMs && at < nowMs + 60_000, `${at - nowMs} ms after the newest event`);
});

test("what was written without an event counts too, but for a second", async (context) => {
  const { path, nowMs } = writtenAhead(context, (store, clock) => {
    store.do({ method: "submit", args: [submission({})] });
    const [lease] = claimed(store).map(refOf);
    assert.ok(lease);
    for (let beat = 0; beat < 20; beat += 1) {
      clock.nowMs += 30_000;
      store.do({ method: "heartbeat", args: [{ node: "a", leases: [lease], leaseMs: 60_000 }] });
    }
    clock.nowMs += 600;
    store.do({ method: "heartbeat", args: [{ node: "a", leases: [lease], leaseMs: 60_000 }] });
  });
  const at = await submittedAt(path);
  assert.ok(at > nowMs - 1_000, `${nowMs - at} ms were forgotten`);
});

test("a damaged time says nothing", async (context) => {
  const { path } = writtenAhead(context, (store) => {
    store.do({ method: "submit", args: [submission({})] });
  });
  const file = new Database(path);
  file.exec("UPDATE meta SET value = '9' || value WHERE key = 'store_time'");
  file.exec("UPDATE events SET at = at * 10");
  file.close();
  const at = await submittedAt(path);
  assert.ok(at < Date.now() + hourMs / 2, new Date(at).toISOString());
});

test("a store that is an hour ahead says so, and goes at half the speed", async (context) => {
  const { path } = writtenAhead(context, (store) => {
    store.do({ method: "submit", args: [submission({})] });
  });
  const backend = await SqliteBackend.open({ path });
  try {
    const aheadMs = async () => (await backend.call({ method: "info", args: [] })).timeSkewMs;
    const first = await aheadMs();
    assert.ok(first > hourMs - 60_000 && first <= hourMs, `${first}`);
    const begun = performance.now();
    while (performance.now() - begun < 400) await new Promise((resolve) => setTimeout(resolve, 20));
    const caughtUp = first - (await aheadMs());
    assert.ok(caughtUp >= 150, `${caughtUp} ms of about 200 were caught up`);
  } finally {
    await backend.close();
  }
});
