// Actors on both stores, in real systems: what they say they keep is there for the next instance.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Persistence, SaveRequest } from "#runtime/persistence/journal.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { journalPath, openStore } from "../stores/sqlite-fixture.ts";
import { createSystem, numbers, until } from "./kept-system.ts";
import { type Entered, LedgerActor } from "./ledger.ts";

/** Notes each append that passes, and how many events it had. */
function counting(store: Persistence): { readonly store: Persistence; readonly appends: number[] } {
  const appends: number[] = [];
  const append: Persistence["journal"]["append"] = (request) => {
    appends.push(request.events.length);
    return store.journal.append(request);
  };
  return { store: { ...store, journal: { ...store.journal, append } }, appends };
}

/** A store whose appends fail as told, after the first so many. */
function failing(store: Persistence, after: number, failure: Error): Persistence {
  let left = after;
  const append: Persistence["journal"]["append"] = (request) => {
    left -= 1;
    return left >= 0 ? store.journal.append(request) : Promise.reject(failure);
  };
  return { ...store, journal: { ...store.journal, append } };
}

const stores = {
  memory: async () => new MemoryPersistence(),
  sqlite: async (t: TestContext) => openStore(t, journalPath(t)),
} satisfies Record<string, (t: TestContext) => Promise<Persistence>>;

for (const [name, open] of Object.entries(stores)) {
  test(`${name}: an actor that crashes goes on with all that it had answered`, async (t) => {
    const { system } = await createSystem(t);
    const ledger = system.spawn(storedIn(await open(t), LedgerActor), { name: "a" });
    for (const note of numbers(1, 25)) assert.equal(await ledger.enter(note), Number(note));
    ledger.crash();
    assert.deepEqual(await ledger.notes(), numbers(1, 25));
    assert.equal(await ledger.enter("26"), 26);
    ledger.crash();
    assert.deepEqual(await ledger.notes(), numbers(1, 26));
  });

  test(`${name}: a later system finds it, from a snapshot and the events behind it`, async (t) => {
    const store = await open(t);
    const first = await createSystem(t);
    const before = first.system.spawn(storedIn(store, LedgerActor), { name: "a" });
    for (const note of numbers(1, 34)) await before.enter(note);
    await first.system.stop();
    const snapshot = await store.snapshots.loadLatest("ledger-a");
    assert.ok(snapshot && snapshot.sequence >= 20 && snapshot.sequence < 34);
    // What the snapshot covers is not needed any more.
    const owner = await store.journal.claim("ledger-a");
    const { persistenceId, fence } = owner;
    await store.journal.deleteUpTo({ persistenceId, fence, upTo: snapshot.sequence });
    const second = await createSystem(t);
    const after = second.system.spawn(storedIn(store, LedgerActor), { name: "a" });
    assert.deepEqual(await after.notes(), numbers(1, 34));
    assert.equal(await after.enter("35"), 35);
  });

  test(`${name}: what one handler persists together is one append`, async (t) => {
    const { store, appends } = counting(await open(t));
    const { system } = await createSystem(t);
    const ledger = system.spawn(storedIn(store, LedgerActor), { name: "a" });
    assert.equal(await ledger.enterAll(numbers(1, 7)), 7);
    assert.equal(await ledger.enterEach(numbers(8, 12)), 12);
    assert.deepEqual(appends, [7, 5]);
    assert.deepEqual(await ledger.notes(), numbers(1, 12));
  });

  test(`${name}: of two actors of one id the older is refused and crashes`, async (t) => {
    const store = await open(t);
    const older = await createSystem(t);
    const newer = await createSystem(t);
    const bound = storedIn(store, LedgerActor);
    const first = older.system.spawn(bound, { name: "a" });
    await first.enter("1");
    const second = newer.system.spawn(bound, { name: "a" });
    assert.equal(await second.enter("2"), 2);
    await assert.rejects(async () => first.enter("never"), {
      code: "conflict",
      message: /ledger-a belongs to a newer writer/,
    });
    // Its supervisor restarted the older one: it is the newer one now, and knows all.
    assert.deepEqual(await first.notes(), ["1", "2"]);
    await assert.rejects(async () => second.enter("never"), { code: "conflict" });
    assert.deepEqual(await second.notes(), ["1", "2"]);
  });
}

test("an actor whose store fails crashes, though its handler would swallow it", async (t) => {
  const store = new MemoryPersistence();
  const disk = new Error("the disk is gone");
  class Stubborn extends LedgerActor {
    override async enter(note: string): Promise<number> {
      await super.enter(note).catch(() => {});
      return -1;
    }
  }
  const { system, lines } = await createSystem(t);
  const ledger = system.spawn(storedIn(failing(store, 1, disk), Stubborn), { name: "a" });
  await ledger.enter("1");
  await ledger.enter("lost");
  assert.deepEqual(await ledger.notes(), ["1"]);
  assert.ok(lines.some(({ message }) => message.includes("the disk is gone")));
});

test("a store that fails an event which nobody waits for crashes the actor, not the process", async (t) => {
  const store = new MemoryPersistence();
  class Hasty extends LedgerActor {
    override async enter(note: string): Promise<number> {
      void this.persist({ kind: "entered", note });
      return 0;
    }
  }
  const { system, lines } = await createSystem(t);
  const poor = failing(store, 1, new Error("the disk is gone"));
  const ledger = system.spawn(storedIn(poor, Hasty), { name: "a" });
  await ledger.enter("1");
  await ledger.enter("lost");
  await until(() => lines.some(({ message }) => message.includes("the disk is gone")));
  assert.deepEqual(await ledger.notes(), ["1"]);
});

test("what is applied is what was stored, though its maker changes it meanwhile", async (t) => {
  class Fickle extends LedgerActor {
    override async enter(note: string): Promise<number> {
      const event = { kind: "entered", note } as const;
      const kept = this.persist(event);
      Object.assign(event, { note: "changed" });
      await kept;
      return this.version;
    }
  }
  const { system } = await createSystem(t);
  const ledger = system.spawn(storedIn(new MemoryPersistence(), Fickle), { name: "a" });
  await ledger.enter("1");
  assert.deepEqual(await ledger.notes(), ["1"]);
});

test("an event that cannot be kept fails its request, and nothing is stored", async (t) => {
  const store = new MemoryPersistence();
  const { system } = await createSystem(t);
  class Careless extends LedgerActor {
    override async enter(note: string): Promise<number> {
      const entry = { kind: "entered", note, shout: () => note } as const;
      await this.persist(entry);
      return 0;
    }
  }
  const ledger = system.spawn(storedIn(store, Careless), { name: "a" });
  const refused = { code: "invalid", message: /an event of ledger-a\.shout is a function/ };
  await assert.rejects(async () => ledger.enter("x"), refused);
  assert.deepEqual(await ledger.notes(), []);
  assert.equal(await ledger.enterAll(["y"]), 1);
});

test("an event that apply cannot take crashes each recovery, with its number", async (t) => {
  const store = new MemoryPersistence();
  class Picky extends LedgerActor {
    protected override apply(event: Entered): void {
      if (event.note === "3") throw new TypeError("not a three");
      super.apply(event);
    }
  }
  const first = await createSystem(t);
  const good = first.system.spawn(storedIn(store, LedgerActor), { name: "a" });
  for (const note of numbers(1, 4)) await good.enter(note);
  await first.system.stop();
  const { system, lines } = await createSystem(t);
  system.spawn(storedIn(store, Picky), { name: "a" });
  await until(() => lines.some(({ message }) => /event 3 of ledger-a.*not a three/.test(message)));
});

test("history that two snapshots cover is dropped when the class says so", async (t) => {
  const store = new MemoryPersistence();
  class Forgetful extends LedgerActor {
    static override readonly persistence = {
      ...LedgerActor.persistence,
      history: "drop",
    } as const;
  }
  const { system } = await createSystem(t);
  const ledger = system.spawn(storedIn(store, Forgetful), { name: "a" });
  for (const note of numbers(1, 45)) await ledger.enter(note);
  const rows = await store.journal.read({ persistenceId: "ledger-a", after: 0, limit: 100 });
  assert.equal(rows[0]?.sequence, 31);
  ledger.crash();
  assert.deepEqual(await ledger.notes(), numbers(1, 45));
});

test("a snapshot that cannot be kept costs a line in the log and no event", async (t) => {
  const store = new MemoryPersistence();
  const save = () => Promise.reject(new Error("no room for states"));
  const poor: Persistence = { ...store, snapshots: { ...store.snapshots, save } };
  const { system, lines } = await createSystem(t);
  const ledger = system.spawn(storedIn(poor, LedgerActor), { name: "a" });
  for (const note of numbers(1, 21)) await ledger.enter(note);
  assert.equal(lines.filter(({ message }) => message.includes("no room for states")).length, 2);
  ledger.crash();
  assert.deepEqual(await ledger.notes(), numbers(1, 21));
});

test("a class that was bound to no store says how to bind it", async (t) => {
  const { system, lines } = await createSystem(t);
  system.spawn(LedgerActor, { name: "a" });
  await until(() =>
    lines.some(({ message }) => message.includes("spawn storedIn(persistence, LedgerActor)")),
  );
});

test("apply sees the same version when it is live and when it recovers, with and without snapshot", async (t) => {
  for (const snapshot of [{ events: 100 }, { events: 2 }] as const) {
    class Counting extends LedgerActor {
      static override readonly persistence = { ...LedgerActor.persistence, snapshot };
      protected override apply({ note }: Entered): void {
        this.state.notes.push(`${note} after ${this.version}`);
      }
    }
    const { system } = await createSystem(t);
    const ledger = system.spawn(storedIn(new MemoryPersistence(), Counting), { name: "a" });
    await ledger.enterAll(["x", "y"]);
    await ledger.enter("z");
    const live = await ledger.notes();
    assert.deepEqual(live, ["x after 0", "y after 1", "z after 2"]);
    ledger.crash();
    assert.deepEqual(await ledger.notes(), live);
  }
});

test("a snapshot that an earlier instance was keeping is no dead letter of anybody", async (t) => {
  const store = new MemoryPersistence();
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const saves: Promise<void>[] = [];
  const save = (request: SaveRequest): Promise<void> => {
    const saving = held.then(() => store.snapshots.save(request));
    saves.push(saving);
    return saving;
  };
  const slow: Persistence = { ...store, snapshots: { ...store.snapshots, save } };
  const { system } = await createSystem(t);
  const ledger = system.spawn(storedIn(slow, LedgerActor), { name: "a" });
  for (const note of numbers(1, 10)) await ledger.enter(note);
  ledger.crash();
  assert.deepEqual(await ledger.notes(), numbers(1, 10));
  letGo();
  await assert.rejects(Promise.all(saves), { code: "conflict" });
  assert.equal(await ledger.enter("11"), 11);
  assert.deepEqual(system.deadLetters.last, []);
});
