import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { DurableActor } from "#runtime/persistence/durable-actor.ts";
import type { Persistence } from "#runtime/persistence/journal.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { journalPath, openStore } from "../stores/sqlite-fixture.ts";
import { LedgerActor } from "./ledger.ts";

interface Switch {
  set(to: string): Ack;
  setUnsaved(to: string): Ack;
  setOften(values: readonly string[]): Ack;
  read(): string;
  crash(): void;
}
const Switch = protocol<Switch>("test.Switch@1", {
  set: ask(),
  setUnsaved: ask(),
  setOften: ask(),
  read: ask(),
  crash: tell,
});

class SwitchActor extends DurableActor<Switch, { at: string }> implements Handlers<Switch> {
  static readonly protocol = Switch;
  static readonly persistence = { id: "switch" };
  static initial = () => ({ at: "off" });
  async set(to: string): Promise<Ack> {
    this.state.at = to;
    await this.save();
    return ack;
  }
  setUnsaved(to: string): Ack {
    this.state.at = to;
    return ack;
  }
  async setOften(values: readonly string[]): Promise<Ack> {
    const saves = values.map((value) => {
      this.state.at = value;
      return this.save();
    });
    await Promise.all(saves);
    return ack;
  }
  read(): string {
    return this.state.at;
  }
  crash(): void {
    throw new Error("told to crash");
  }
}

async function createSystem(t: TestContext) {
  const messages: string[] = [];
  const system = await startLocalSystem({
    log: { write: (_level, _actor, message) => messages.push(message) },
    fatal: () => {},
  });
  t.after(() => system.stop());
  return { system, messages };
}

const stores = {
  memory: async () => new MemoryPersistence(),
  sqlite: async (t: TestContext) => openStore(t, journalPath(t)),
} satisfies Record<string, (t: TestContext) => Promise<Persistence>>;

for (const [name, open] of Object.entries(stores)) {
  test(`${name}: a crash brings back what was saved last, and nothing else`, async (t) => {
    const { system } = await createSystem(t);
    const lamp = system.spawn(storedIn(await open(t), SwitchActor));
    assert.equal(await lamp.read(), "off");
    await lamp.set("on");
    await lamp.setUnsaved("broken");
    lamp.crash();
    assert.equal(await lamp.read(), "on");
    await lamp.set("dim");
    lamp.crash();
    assert.equal(await lamp.read(), "dim");
  });

  test(`${name}: of two actors of one id the older is refused`, async (t) => {
    const { system } = await createSystem(t);
    const bound = storedIn(await open(t), SwitchActor);
    const [first, second] = [
      system.spawn(bound, { name: "a" }),
      system.spawn(bound, { name: "b" }),
    ];
    await first.read();
    await second.set("on");
    await assert.rejects(async () => first.set("never"), { code: "conflict" });
    assert.equal(await first.read(), "on");
  });
}

test("saves that come while one is under way share the next", async (t) => {
  const store = new MemoryPersistence();
  let saves = 0;
  const save: Persistence["snapshots"]["save"] = async (request) => {
    saves += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return store.snapshots.save(request);
  };
  const { system } = await createSystem(t);
  const counting = { ...store, snapshots: { ...store.snapshots, save } };
  const lamp = system.spawn(storedIn(counting, SwitchActor));
  await lamp.setOften(["a", "b", "c", "d", "e"]);
  assert.ok(saves <= 2, `${saves} saves`);
  lamp.crash();
  assert.equal(await lamp.read(), "e");
});

test("an older state is brought to the present version", async (t) => {
  const store = new MemoryPersistence();
  const first = await createSystem(t);
  await first.system.spawn(storedIn(store, SwitchActor)).set("on");
  await first.system.stop();
  class NewSwitch extends SwitchActor {
    static override readonly persistence = {
      id: "switch",
      version: 2,
      upcastState: { 1: (state: { at: string }) => ({ at: `was ${state.at}` }) },
    };
  }
  const { system } = await createSystem(t);
  assert.equal(await system.spawn(storedIn(store, NewSwitch)).read(), "was on");
});

test("options of a journal make no sense for a state", () => {
  class Odd extends SwitchActor {
    static override readonly persistence = { id: "switch", snapshot: { events: 1 } };
  }
  assert.throws(() => storedIn(new MemoryPersistence(), Odd), {
    code: "invalid",
    message: /persistence of Odd has no option snapshot/,
  });
});

test("an id is kept as events or as a state, never as both", async (t) => {
  const store = new MemoryPersistence();
  class OnLedger extends SwitchActor {
    static override readonly persistence = { id: "ledger-a" };
  }
  const { system, messages } = await createSystem(t);
  await system.spawn(storedIn(store, LedgerActor), { name: "a" }).enter("1");
  system.spawn(storedIn(store, OnLedger));
  while (!messages.some((text) => text.includes("ledger-a has 1 events of a PersistentActor"))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
});
