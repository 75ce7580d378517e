import assert from "node:assert/strict";
import { test } from "node:test";
import { isSnapshotDue, type SnapshotPolicy } from "#runtime/persistence/snapshot-policy.ts";

test("a snapshot is due when events or bytes reach their bound, and not before", () => {
  const table: readonly (readonly [SnapshotPolicy | "never", number, number, boolean])[] = [
    [{ events: 1 }, 0, 0, false],
    [{ events: 1 }, 1, 0, true],
    [{ events: 3 }, 2, 1e9, false],
    [{ events: 3 }, 3, 0, true],
    [{ bytes: 100 }, 9, 99, false],
    [{ bytes: 100 }, 1, 100, true],
    [{ events: 5, bytes: 100 }, 1, 101, true],
    [{ events: 5, bytes: 100 }, 5, 1, true],
    [{ events: 5, bytes: 100 }, 4, 99, false],
    ["never", 1e9, 1e9, false],
  ];
  for (const [policy, events, bytes, isDue] of table) {
    assert.equal(isSnapshotDue(policy, { events, bytes }), isDue);
  }
});
