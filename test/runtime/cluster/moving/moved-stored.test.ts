// Actors with a store take no state along: they recover from their journal at the target, and claim it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { PersistentActor } from "#runtime/persistence/persistent-actor.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { MovableNodes } from "./movable-nodes.ts";

interface Safe {
  put(coins: number): number;
  sum(): number;
  where(): string;
}
const Safe = protocol<Safe>("test.MovedSafe@1", { put: ask, sum: ask, where: ask });

interface SafeState {
  readonly owner: string;
  coins: number;
}

class SafeActor
  extends PersistentActor<Safe, SafeState, { readonly coins: number }>
  implements Handlers<Safe>
{
  static readonly protocol = Safe;
  static readonly persistence = { id: ({ owner }: SafeState) => `safe/${owner}` };
  static initial = ({ owner }: { readonly owner: string }): SafeState => ({ owner, coins: 0 });

  protected apply({ coins }: { readonly coins: number }): void {
    this.state.coins += coins;
  }
  async put(coins: number): Promise<number> {
    await this.persist({ coins });
    return this.state.coins;
  }
  sum(): number {
    return this.state.coins;
  }
  where(): string {
    return this.ctx.node.name;
  }
}

test("over many moves, asked all the time, every coin that was acknowledged is there once", async () => {
  const Stored = storedIn(new MemoryPersistence(), SafeActor);
  const nodes = new MovableNodes([Stored]);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("a");
  const safe = system.spawn(Stored, { owner: "ada" }, { name: "safe" });
  let acknowledged = 0;
  for (const to of ["b", "c", "a", "b", "c"]) {
    const puts = Array.from({ length: 20 }, () => safe.put(1).then(() => (acknowledged += 1)));
    await nodes.run(3);
    await nodes.time.until(system.move(safe, { to }));
    assert.equal(await nodes.time.until(safe.where()), to);
    await nodes.time.until(Promise.all(puts));
  }
  assert.equal(acknowledged, 100);
  assert.equal(await nodes.time.until(safe.sum()), 100);
});

test("when its node has ended with it, one that is spawned anew knows all that was acknowledged", async () => {
  const Stored = storedIn(new MemoryPersistence(), SafeActor);
  const nodes = new MovableNodes([Stored]);
  await nodes.start("a", "b", "c");
  const { system } = nodes.of("a");
  const safe = system.spawn(Stored, { owner: "ada" });
  await nodes.time.until(safe.put(3));
  await nodes.time.until(system.move(safe, { to: "b" }));
  await nodes.time.until(safe.put(4));
  nodes.kill("b");
  await nodes.run(1_000);
  const next = system.spawn(Stored, { owner: "ada" });
  assert.equal(await nodes.time.until(next.put(1)), 8);
});

test("one whose class has no store at the target stays where it is, with its store", async () => {
  const Stored = storedIn(new MemoryPersistence(), SafeActor);
  const nodes = new MovableNodes([Stored]);
  await nodes.start("a", "b");
  const { system } = nodes.of("a");
  const safe = system.spawn(SafeActor, { owner: "ada" });
  await assert.rejects(
    nodes.time.until(system.move(safe, { to: "b" })),
    /invalid|not_found|unavailable/,
  );
});
