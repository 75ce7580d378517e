// Keyed actors that are kept: passivated, moved and orphaned, each goes on where it was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { type Keyed, keyed } from "#runtime/cluster/keyed/keyed.ts";
import { PersistentActor } from "#runtime/persistence/persistent-actor.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { ClusterStage, type StageNode } from "../directory/cluster-stage.ts";

interface Purse {
  put(coins: number): number;
  where(): string;
}
const Purse = protocol<Purse>("test.Purse@1", { put: ask, where: ask });

interface PurseState {
  readonly key: string;
  coins: number;
}

class PurseActor
  extends PersistentActor<Purse, PurseState, { readonly coins: number }>
  implements Handlers<Purse>
{
  static readonly protocol = Purse;
  static readonly persistence = { id: ({ key }: PurseState) => `purse/${key}` };
  static initial = ({ key }: Keyed): PurseState => ({ key, coins: 0 });

  protected apply({ coins }: { readonly coins: number }): void {
    this.state.coins += coins;
  }

  async put(coins: number): Promise<number> {
    await this.persist({ coins });
    return this.state.coins;
  }

  where(): string {
    return this.ctx.node.name;
  }
}

test("a kept actor goes on where it was: after passivation, on another node, after its node died", async () => {
  const stage = new ClusterStage([Purse]);
  const { time } = stage;
  const store = new MemoryPersistence();
  const hostOn = async (node: StageNode) => {
    const terms = { kind: "purse", shards: 16, idleMs: 2_000 };
    const purses = keyed(node, storedIn(store, PurseActor), terms);
    await time.until(purses.ready);
    return purses;
  };
  const a = await stage.start("a");
  const purses = await hostOn(a);
  const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);
  const putAll = async (expected: number): Promise<void> => {
    for (const key of keys) {
      const patient = purses.of(key).$.with({ within: 20_000 });
      assert.equal(await time.until(patient.put(1), 20_000), expected, key);
    }
  };
  await putAll(1);
  assert.ok(await time.advanceUntil(() => purses.status.living === 0, 10_000));
  await putAll(2);
  const others = await hostOn(await stage.start("b"));
  assert.ok(await time.advanceUntil(() => others.status.owned > 0, 10_000));
  await time.advance(2_000);
  await putAll(3);
  const places = [];
  for (const key of keys) places.push(await time.until(purses.of(key).where()));
  assert.deepEqual([...new Set(places)].sort(), ["a", "b"]);
  stage.takeDown("b");
  await putAll(4);
  await stage.end();
});
