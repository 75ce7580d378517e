// Classes that changed since they wrote: old snapshots and events are read by new versions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { PersistentActor } from "#runtime/persistence/persistent-actor.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { Upcasting } from "#runtime/persistence/upcasting.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { journalPath, openStore } from "../stores/sqlite-fixture.ts";
import { createSystem, numbers, until } from "./kept-system.ts";
import { type Entered, LedgerActor, type LedgerState } from "./ledger.ts";

interface EnteredV3 {
  readonly kind: "entered";
  readonly note: string;
  readonly by: string;
  readonly weight: number;
}
interface Book {
  entries(): readonly string[];
  add(note: string): number;
}
const Book = protocol<Book>("test.Book@1", { entries: ask(), add: ask() });
class BookActor
  extends PersistentActor<Book, { lines: string[] }, EnteredV3>
  implements Handlers<Book>
{
  static readonly protocol = Book;
  static readonly persistence = {
    id: "ledger-a",
    version: 3,
    upcast: {
      1: (event: Entered) => ({ ...event, by: "unknown" }),
      2: (event: Entered & { by: string }): EnteredV3 => ({ ...event, weight: event.note.length }),
    },
    upcastState: {
      1: (state: LedgerState) => ({ notes: state.notes }),
      2: (state: { notes: string[] }) => ({ lines: state.notes.map((note) => `old ${note}`) }),
    },
  };
  static initial = () => ({ lines: [] });
  entries(): readonly string[] {
    return this.state.lines;
  }
  async add(note: string): Promise<number> {
    await this.persist({ kind: "entered", note, by: "me", weight: 1 });
    return this.version;
  }
  protected override apply({ note, by, weight }: EnteredV3): void {
    this.state.lines.push(`${note} by ${by} of ${weight}`);
  }
}

test("a class of version 3 reads what version 1 wrote to a file, snapshot and events", async (t) => {
  const path = journalPath(t);
  const store = await openStore(t, path);
  const old = await createSystem(t);
  const ledger = old.system.spawn(storedIn(store, LedgerActor), { name: "a" });
  for (const note of numbers(1, 12)) await ledger.enter(note);
  await old.system.stop();
  const present = await createSystem(t);
  const book = present.system.spawn(storedIn(store, BookActor));
  const expected = [
    ...numbers(1, 10).map((note) => `old ${note}`),
    "11 by unknown of 2",
    "12 by unknown of 2",
  ];
  assert.deepEqual(await book.entries(), expected);
  assert.equal(await book.add("new"), 13);
  await present.system.stop();
  const later = await createSystem(t);
  const again = later.system.spawn(storedIn(store, BookActor));
  assert.deepEqual(await again.entries(), [...expected, "new by me of 1"]);
  // The older program must not guess at what the newer one wrote.
  await later.system.stop();
  const back = await createSystem(t);
  back.system.spawn(storedIn(store, LedgerActor), { name: "a" });
  const newer = /event 13 of ledger-a was written by version 3 of its class, and this is version 1/;
  await until(() => back.lines.some(({ message }) => newer.test(message)));
});

test("a class whose spec makes no sense is refused before any actor of it lives", () => {
  const store = new MemoryPersistence();
  const withSpec = (persistence: typeof LedgerActor.persistence) =>
    storedIn(
      store,
      class Odd extends LedgerActor {
        static override readonly persistence = persistence;
      },
    );
  const { id } = LedgerActor.persistence;
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ version: 0 }, /an event of Odd has the version 0/],
    [{ version: 2 }, /an event of Odd of version 2 cannot read version 1: add the step 1/],
    [{ version: 3, upcast: { 1: String } }, /cannot read version 2: add the step 2/],
    [{ version: 2, upcast: { 1: String, 2: String } }, /has a step 2: steps are for 1 to 1/],
    [{ snapshot: { events: 0 } }, /whole numbers from 1, not events: 0/],
    [{ snapshot: {} }, /names events or bytes/],
    [{ snapshot: "sometimes" }, /or "never", not "sometimes"/],
    [{ snapshot: null }, /or "never", not null/],
    [{ snapshotEvery: 5 }, /has no option snapshotEvery, only id, version/],
    [{ history: "drop", snapshot: "never" }, /Odd drops the history .* takes none/],
    [{ upcastState: String }, /upcasters of the state of Odd .* not a function/],
    [{ upcast: [String] }, /upcasters of an event of Odd .* not a list/],
    [{ history: "burn" }, /"keep" or "drop", not burn/],
    [{ version: 2, upcast: { 1: String }, history: "drop" }, /add upcastState/],
    [{ id: "" }, /a persistence id is a text of 1 to 256/],
    [{ id: 7 }, /needs an id/],
  ];
  const nothing = JSON.parse("null");
  assert.throws(() => withSpec(nothing), { code: "invalid", message: /Odd says nothing of how/ });
  for (const [change, message] of wrong) {
    const spec = Object.assign({ id, snapshot: { events: 10 } }, change);
    assert.throws(() => withSpec(spec), { code: "invalid", message });
  }
});

test("a value of what is no version is damage, and no step is asked to mend it", () => {
  const asked: unknown[] = [];
  const note = (value: unknown): unknown => asked.push(value);
  const upcasting = new Upcasting("an event", 3, { 1: note, 2: note });
  for (const version of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => upcasting.cast("old", version, "event 7"), {
      code: "corrupt",
      message: new RegExp(`event 7 is said to be of version ${version}`),
    });
  }
  assert.deepEqual(asked, []);
  assert.equal(upcasting.cast("new", 3, "event 7"), "new");
});
