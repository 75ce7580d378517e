// What every store must do, whatever it is made of. Each store's test file runs this suite on it.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type {
  Ownership,
  Persistence,
  StoredRow,
  StoredValue,
} from "#runtime/persistence/journal.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";

export const value = (text: string, schemaVersion = 1): StoredValue => ({
  schemaVersion,
  bytes: new TextEncoder().encode(text),
});

export const textsOf = (rows: readonly StoredRow[]): readonly string[] =>
  rows.map((row) => `${row.sequence}:${new TextDecoder().decode(row.bytes)}`);

const ownerOf = ({ persistenceId, fence }: Ownership): Ownership => ({ persistenceId, fence });

export function storeContract(name: string, open: (t: TestContext) => Promise<Persistence>): void {
  test(`${name}: a claim of what was never kept begins at version 0, and fences grow`, async (t) => {
    const { journal } = await open(t);
    const first = await journal.claim("a");
    assert.deepEqual(first, { persistenceId: "a", fence: 1, version: 0 });
    assert.equal((await journal.claim("a")).fence, 2);
    assert.equal((await journal.claim("b")).fence, 1);
    assert.deepEqual(await journal.read({ persistenceId: "a", after: 0, limit: 10 }), []);
    assert.deepEqual(await journal.read({ persistenceId: "stranger", after: 0, limit: 10 }), []);
  });

  test(`${name}: events come back in order, with their versions, page by page`, async (t) => {
    const { journal } = await open(t);
    const owner = await journal.claim("a");
    const first = [value("x"), value("y", 2)];
    assert.equal(await journal.append({ ...owner, expectedVersion: 0, events: first }), 2);
    assert.equal(
      await journal.append({ ...owner, expectedVersion: 2, events: [value("z", 3)] }),
      3,
    );
    const other = await journal.claim("b");
    await journal.append({ ...other, expectedVersion: 0, events: [value("of b")] });
    const pageOne = await journal.read({ persistenceId: "a", after: 0, limit: 2 });
    const pageTwo = await journal.read({ persistenceId: "a", after: 2, limit: 2 });
    assert.deepEqual(textsOf(pageOne), ["1:x", "2:y"]);
    assert.deepEqual(textsOf(pageTwo), ["3:z"]);
    assert.deepEqual(
      [...pageOne, ...pageTwo].map((row) => row.schemaVersion),
      [1, 2, 3],
    );
    assert.deepEqual(await journal.read({ persistenceId: "a", after: 3, limit: 2 }), []);
    assert.equal((await journal.claim("a")).version, 3);
  });

  test(`${name}: another version is a conflict and stores nothing`, async (t) => {
    const { journal } = await open(t);
    const owner = await journal.claim("a");
    await journal.append({ ...owner, expectedVersion: 0, events: [value("x")] });
    for (const expectedVersion of [0, 2]) {
      const append = journal.append({ ...owner, expectedVersion, events: [value("no")] });
      await assert.rejects(append, { code: "conflict", message: /has version 1/ });
    }
    assert.deepEqual(textsOf(await journal.read({ persistenceId: "a", after: 0, limit: 9 })), [
      "1:x",
    ]);
  });

  test(`${name}: who was followed by another owner can write nothing any more`, async (t) => {
    const { journal, snapshots } = await open(t);
    const older = await journal.claim("a");
    await journal.append({ ...older, expectedVersion: 0, events: [value("x")] });
    const newer = await journal.claim("a");
    const refused = { code: "conflict", message: /newer writer/ };
    const events = [value("no")];
    await assert.rejects(journal.append({ ...older, expectedVersion: 1, events }), refused);
    await assert.rejects(journal.deleteUpTo({ ...ownerOf(older), upTo: 1 }), refused);
    await assert.rejects(snapshots.save({ ...older, sequence: 1, ...value("no") }), refused);
    await assert.rejects(snapshots.deleteUpTo({ ...ownerOf(older), upTo: 1 }), refused);
    assert.equal(await journal.append({ ...newer, expectedVersion: 1, events: [value("y")] }), 2);
    const unclaimed = { persistenceId: "b", fence: 1, expectedVersion: 0, events };
    await assert.rejects(journal.append(unclaimed), { code: "conflict", message: /never claimed/ });
  });

  test(`${name}: of two appends at once one is stored`, async (t) => {
    const { journal } = await open(t);
    const owner = await journal.claim("a");
    const appends = ["x", "y"].map((text) =>
      journal.append({ ...owner, expectedVersion: 0, events: [value(text)] }),
    );
    const outcomes = await Promise.allSettled(appends);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ["fulfilled", "rejected"],
    );
    assert.deepEqual(textsOf(await journal.read({ persistenceId: "a", after: 0, limit: 9 })), [
      "1:x",
    ]);
  });

  test(`${name}: forgotten events stay forgotten, and their numbers are not used again`, async (t) => {
    const { journal } = await open(t);
    const owner = await journal.claim("a");
    const events = ["v", "w", "x", "y"].map((text) => value(text));
    await journal.append({ ...owner, expectedVersion: 0, events });
    await journal.deleteUpTo({ ...ownerOf(owner), upTo: 0 });
    await journal.deleteUpTo({ ...ownerOf(owner), upTo: 3 });
    assert.deepEqual(textsOf(await journal.read({ persistenceId: "a", after: 0, limit: 9 })), [
      "4:y",
    ]);
    await journal.deleteUpTo({ ...ownerOf(owner), upTo: 100 });
    assert.deepEqual(await journal.read({ persistenceId: "a", after: 0, limit: 9 }), []);
    assert.equal(await journal.append({ ...owner, expectedVersion: 4, events: [value("z")] }), 5);
    assert.equal((await journal.claim("a")).version, 5);
  });

  test(`${name}: the newest snapshot is loaded, and an older one is refused`, async (t) => {
    const { journal, snapshots } = await open(t);
    const owner = ownerOf(await journal.claim("a"));
    assert.equal(await snapshots.loadLatest("a"), undefined);
    assert.equal(await snapshots.loadLatest("stranger"), undefined);
    await snapshots.save({ ...owner, sequence: 5, ...value("five") });
    await snapshots.save({ ...owner, sequence: 9, ...value("nine", 2) });
    const older = snapshots.save({ ...owner, sequence: 8, ...value("eight") });
    await assert.rejects(older, { code: "conflict", message: /snapshot of 9 already/ });
    assert.deepEqual(await textOfLatest(), ["9:nine"]);
    await snapshots.save({ ...owner, sequence: 9, ...value("nine again") });
    assert.deepEqual(await textOfLatest(), ["9:nine again"]);
    await snapshots.deleteUpTo({ ...owner, upTo: 8 });
    assert.deepEqual(await textOfLatest(), ["9:nine again"]);
    await snapshots.deleteUpTo({ ...owner, upTo: 9 });
    assert.equal(await snapshots.loadLatest("a"), undefined);

    async function textOfLatest() {
      const row = await snapshots.loadLatest("a");
      return row ? textsOf([row]) : [];
    }
  });

  test(`${name}: values of any bytes come back the same, empty and large ones too`, async (t) => {
    const { journal, snapshots } = await open(t);
    const owner = await journal.claim("a");
    const large = Uint8Array.from({ length: persistenceLimits.eventBytesMax }, (_, index) => index);
    const events = [new Uint8Array(0), Uint8Array.of(0, 255), large].map((bytes) => ({
      schemaVersion: 1,
      bytes,
    }));
    await journal.append({ ...owner, expectedVersion: 0, events });
    const rows = await journal.read({ persistenceId: "a", after: 0, limit: 9 });
    assert.ok(
      rows.every((row, index) => Buffer.compare(row.bytes, events[index]?.bytes ?? large) === 0),
    );
    assert.equal(rows.length, 3);
    await snapshots.save({ ...ownerOf(owner), sequence: 1, schemaVersion: 1, bytes: large });
    const latest = await snapshots.loadLatest("a");
    assert.ok(latest && Buffer.compare(latest.bytes, large) === 0);
  });

  test(`${name}: a page keeps to its bounds and is never empty before the end`, async (t) => {
    const { journal } = await open(t);
    const owner = await journal.claim("a");
    const bytes = new Uint8Array(persistenceLimits.eventBytesMax);
    for (let expectedVersion = 0; expectedVersion < 8; expectedVersion += 1) {
      await journal.append({ ...owner, expectedVersion, events: [{ schemaVersion: 1, bytes }] });
    }
    const events = Array.from({ length: persistenceLimits.appendEventsMax }, () => value("x"));
    await journal.append({ ...owner, expectedVersion: 8, events });
    await journal.append({ ...owner, expectedVersion: 8 + events.length, events });
    const lengths: number[] = [];
    for (let after = 0; ; ) {
      const page = await journal.read({ persistenceId: "a", after, limit: 1_000_000 });
      if (page.length === 0) break;
      lengths.push(page.length);
      after = page.at(-1)?.sequence ?? 0;
    }
    assert.deepEqual(lengths.slice(0, 2), [4, 4]);
    assert.ok(lengths.every((length) => length <= persistenceLimits.pageEventsMax));
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      8 + 2 * events.length,
    );
  });

  test(`${name}: what makes no sense is refused and changes nothing`, async (t) => {
    const { journal, snapshots } = await open(t);
    const owner = await journal.claim("a");
    const good = { ...owner, expectedVersion: 0, events: [value("x")] };
    const wrong: readonly (() => Promise<unknown>)[] = [
      () => journal.claim(""),
      () => journal.claim("x".repeat(persistenceLimits.idLengthMax + 1)),
      () => journal.claim("\ud800"),
      () => journal.append({ ...good, events: [] }),
      () => journal.append({ ...good, expectedVersion: -1 }),
      () => journal.append({ ...good, fence: 0 }),
      () => journal.append({ ...good, events: [value("x", 0)] }),
      () => journal.append({ ...good, events: [value("x"), value("y", 1.5)] }),
      () => journal.read({ persistenceId: "a", after: -1, limit: 1 }),
      () => journal.read({ persistenceId: "a", after: 0, limit: 0 }),
      () => journal.deleteUpTo({ ...ownerOf(owner), upTo: Number.NaN }),
      () => snapshots.save({ ...ownerOf(owner), sequence: 0, ...value("x") }),
    ];
    for (const call of wrong) await assert.rejects(call, { code: "invalid" });
    const bytes = new Uint8Array(persistenceLimits.eventBytesMax + 1);
    const large = journal.append({ ...good, events: [{ schemaVersion: 1, bytes }] });
    await assert.rejects(large, { code: "too_large" });
    const many = Array.from({ length: persistenceLimits.appendEventsMax + 1 }, () => value("x"));
    await assert.rejects(journal.append({ ...good, events: many }), { code: "too_large" });
    assert.equal((await journal.claim("a")).version, 0);
  });

  test(`${name}: many actors at once get what is theirs`, async (t) => {
    const { journal } = await open(t);
    const ids = Array.from({ length: 50 }, (_, index) => `actor-${index}`);
    const work = ids.map(async (persistenceId) => {
      const owner = await journal.claim(persistenceId);
      for (let version = 0; version < 10; version += 1) {
        const events = [value(`${persistenceId}/${version}`)];
        await journal.append({ ...owner, expectedVersion: version, events });
      }
      return textsOf(await journal.read({ persistenceId, after: 0, limit: 100 }));
    });
    for (const [index, texts] of (await Promise.all(work)).entries()) {
      const expected = Array.from({ length: 10 }, (_, at) => `${at + 1}:actor-${index}/${at}`);
      assert.deepEqual(texts, expected);
    }
  });
}
