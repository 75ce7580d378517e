import assert from "node:assert/strict";
import { test } from "node:test";
import { PlainCodec } from "#protocols/codec-plain.ts";
import type { StoredRow } from "#runtime/persistence/journal.ts";
import { JournalRecovery } from "#runtime/persistence/journal-recovery.ts";
import { type JournalSpec, journalTerms } from "#runtime/persistence/persistence-spec.ts";

const codec = new PlainCodec();
const row = (sequence: number, value: unknown, schemaVersion = 1): StoredRow => ({
  sequence,
  schemaVersion,
  bytes: codec.encode(value, { what: "a value", bytesMax: 1_000 }),
});
const rows = (from: number, to: number): readonly StoredRow[] =>
  Array.from({ length: to - from + 1 }, (_, index) => row(from + index, `e${from + index}`));

function begin(version: number, spec: Partial<JournalSpec> = {}): JournalRecovery {
  const claim = { persistenceId: "p", fence: 1, version };
  return new JournalRecovery(claim, journalTerms("Thing", { id: "p", ...spec }), codec);
}

test("what was never kept is recovered at once", () => {
  const recovery = begin(0);
  assert.equal(recovery.takeSnapshot(undefined), undefined);
  assert.ok(recovery.isDone);
});

test("without a snapshot all events come, page by page", () => {
  const recovery = begin(5);
  recovery.takeSnapshot(undefined);
  assert.deepEqual(recovery.takePage(rows(1, 3)), ["e1", "e2", "e3"]);
  assert.equal(recovery.after, 3);
  assert.ok(!recovery.isDone);
  assert.deepEqual(recovery.takePage(rows(4, 5)), ["e4", "e5"]);
  assert.ok(recovery.isDone);
  assert.equal(recovery.sinceSnapshot.events, 5);
});

test("with a snapshot only the events behind it come", () => {
  const recovery = begin(5);
  assert.deepEqual(recovery.takeSnapshot(row(4, { n: 4 })), { state: { n: 4 } });
  assert.equal(recovery.after, 4);
  assert.deepEqual(recovery.takePage(rows(5, 5)), ["e5"]);
  assert.ok(recovery.isDone);
  assert.deepEqual(recovery.sinceSnapshot.events, 1);
});

test("a gap, a repetition, and an end that comes early or late are damage", () => {
  const wrong: readonly (readonly [readonly StoredRow[], RegExp])[] = [
    [rows(2, 3), /goes from 0 to 2: the events between are missing/],
    [[...rows(1, 1), ...rows(1, 1)], /goes from 1 to 1/],
    [[], /ends at 0, but 3 events were appended/],
    [rows(1, 4), /event 4 of p is behind the journal's version, 3/],
  ];
  for (const [page, message] of wrong) {
    const recovery = begin(3);
    recovery.takeSnapshot(undefined);
    assert.throws(() => recovery.takePage(page), { code: "corrupt", message });
  }
});

test("a snapshot ahead of its journal is damage", () => {
  assert.throws(() => begin(3).takeSnapshot(row(4, {})), {
    code: "corrupt",
    message: /the snapshot of 4 of p is ahead of its journal, which has version 3/,
  });
});

test("a value that is not what the codec makes is damage, and named", () => {
  const recovery = begin(1);
  recovery.takeSnapshot(undefined);
  const damaged = { sequence: 1, schemaVersion: 1, bytes: Uint8Array.of(0xc1) };
  assert.throws(() => recovery.takePage([damaged]), {
    code: "corrupt",
    message: /event 1 of p cannot be read/,
  });
});

test("an older snapshot without upcastState is passed over, and the loss of its events is told", () => {
  const spec = { version: 2, upcast: { 1: (event: unknown) => `${event}!` } };
  const recovery = begin(2, spec);
  assert.equal(recovery.takeSnapshot(row(2, {})), undefined);
  assert.deepEqual(recovery.takePage(rows(1, 2)), ["e1!", "e2!"]);
  const forgetful = begin(3, spec);
  forgetful.takeSnapshot(row(2, {}));
  assert.throws(() => forgetful.takePage(rows(3, 3)), {
    code: "corrupt",
    message: /goes from 0 to 3.*snapshot of 2 of p is of version 1, which has no upcastState/,
  });
});

test("what a newer class wrote is refused: snapshot and event", () => {
  const message = /was written by version 3 of its class, and this is version 2/;
  for (const upcastState of [undefined, { 1: (state: unknown) => state }]) {
    const spec = { version: 2, upcast: { 1: (event: unknown) => event } };
    const full = upcastState ? { ...spec, upcastState } : spec;
    assert.throws(() => begin(1, full).takeSnapshot(row(1, {}, 3)), { code: "invalid", message });
    const recovery = begin(1, full);
    recovery.takeSnapshot(undefined);
    assert.throws(() => recovery.takePage([row(1, "e", 3)]), { code: "invalid", message });
  }
});

test("an upcaster that throws is named with its event and versions", () => {
  const upcast = {
    1: () => {
      throw new TypeError("no such field");
    },
  };
  const recovery = begin(1, { version: 2, upcast });
  recovery.takeSnapshot(undefined);
  assert.throws(() => recovery.takePage(rows(1, 1)), {
    code: "invalid",
    message: /event 1 of p could not be brought from version 1 to 2: no such field/,
  });
});
