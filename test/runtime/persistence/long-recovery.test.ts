// A journal of 100,000 events on a real file: recovered whole, with progress in the log.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PlainCodec } from "#protocols/codec-plain.ts";
import type { Persistence } from "#runtime/persistence/journal.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { journalPath, openStore } from "../stores/sqlite-fixture.ts";
import { LedgerActor } from "./ledger.ts";

const eventCount = 100_000;

async function fill({ journal }: Persistence): Promise<void> {
  const codec = new PlainCodec();
  const owner = await journal.claim("ledger-a");
  for (let version = 0; version < eventCount; ) {
    const length = Math.min(persistenceLimits.appendEventsMax, eventCount - version);
    const events = Array.from({ length }, (_, index) => {
      const event = { kind: "entered", note: `note ${version + index + 1}` };
      return { schemaVersion: 1, bytes: codec.encode(event, { what: "it", bytesMax: 1_000 }) };
    });
    version = await journal.append({ ...owner, expectedVersion: version, events });
  }
}

test("an actor of 100,000 events recovers all of them before its first message", async (t) => {
  const path = journalPath(t);
  const store = await openStore(t, path);
  const filledAt = performance.now();
  await fill(store);
  const messages: string[] = [];
  const system = await startLocalSystem({
    log: { write: (_level, _actor, message) => messages.push(message) },
  });
  t.after(() => system.stop());
  const startedAt = performance.now();
  const ledger = system.spawn(storedIn(store, LedgerActor), { name: "a" });
  const notes = await ledger.$.with({ within: 60_000 }).notes();
  const recoveredAt = performance.now();
  t.diagnostic(
    `${eventCount} events: written in ${Math.round(startedAt - filledAt)} ms, recovered in ${Math.round(recoveredAt - startedAt)} ms`,
  );
  assert.equal(notes.length, eventCount);
  assert.equal(notes.at(-1), `note ${eventCount}`);
  assert.ok(messages.some((text) => /recovering ledger-a: \d+ of 100000 events/.test(text)));
});
