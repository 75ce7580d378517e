import assert from "node:assert/strict";
import { test } from "node:test";
import { progressBy, readsAfter } from "#nodes/client/follow-cursor.ts";
import type { EventPage } from "#protocols/tasks/task-events.ts";

const channel = "system";

function pageOf(seqs: readonly number[], head: number, isTrimmed = false): EventPage {
  const events = seqs.map((seq) => ({
    ...{ eventId: seq, channel, seq, type: "said", taskId: null, payload: {}, at: 0 },
  }));
  return { events, head, isTrimmed };
}

const shown = (position: { epoch: string; seq: number }, epoch: string, page: EventPage) => {
  const progress = progressBy(position, { channel, epoch, page });
  const items = progress.items.map((item) =>
    item.kind === "event" ? item.seq : item.kind === "missed" ? `${item.reason} ${item.from}` : "",
  );
  return [items, progress.position] as const;
};

test("what follows is handed on, and nothing when nothing does", () => {
  const at = { epoch: "a", seq: 4 };
  assert.deepEqual(shown(at, "a", pageOf([5, 6], 6)), [[5, 6], { epoch: "a", seq: 6 }]);
  assert.deepEqual(shown(at, "a", pageOf([], 4)), [[], at]);
  assert.deepEqual(shown({ epoch: "a", seq: 0 }, "a", pageOf([], 0)), [[], { epoch: "a", seq: 0 }]);
});

test("events that were forgotten meanwhile are said to be missed", () => {
  const at = { epoch: "a", seq: 4 };
  assert.deepEqual(shown(at, "a", pageOf([8, 9], 9, true)), [
    ["trimmed 7", 8, 9],
    { epoch: "a", seq: 9 },
  ]);
  assert.deepEqual(shown(at, "a", pageOf([], 9, true)), [["trimmed 9"], { epoch: "a", seq: 9 }]);
});

test("another store, or one that was set back, goes on from its head, and tells nothing twice", () => {
  const at = { epoch: "a", seq: 4 };
  assert.equal(readsAfter(at, "a"), 4);
  assert.equal(readsAfter(at, "b"), Number.MAX_SAFE_INTEGER);
  assert.deepEqual(shown(at, "b", pageOf([], 51)), [["epoch 51"], { epoch: "b", seq: 51 }]);
  assert.deepEqual(shown(at, "b", pageOf([], 0)), [["epoch 0"], { epoch: "b", seq: 0 }]);
  assert.deepEqual(shown(at, "a", pageOf([], 2)), [["epoch 2"], { epoch: "a", seq: 2 }]);
});

test("a hole within a page is not stepped over: the page behind it is read again", () => {
  const at = { epoch: "a", seq: 4 };
  assert.deepEqual(shown(at, "a", pageOf([5, 7], 7)), [[5], { epoch: "a", seq: 5 }]);
});
