// A system of one process: what its options say holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Failure, type Handlers, protocol } from "#protocols/index.ts";
import { Actor, frozenMessages, startLocalSystem } from "#runtime/index.ts";

interface Vase {
  drop(): string;
  fill(flowers: string[]): string;
}
const Vase = protocol<Vase>("local.Vase@1", { drop: ask, fill: ask });

class VaseActor extends Actor<Vase> implements Handlers<Vase> {
  static readonly protocol = Vase;
  drop(): string {
    throw new Error("a thousand pieces");
  }
  fill(flowers: string[]): string {
    return `${flowers.push("rose")} flowers`;
  }
}

test("the root treats failures as the options say, and tells once that it gives up", async () => {
  const told: Failure[] = [];
  const system = await startLocalSystem({
    log: { write: () => {} },
    supervise: {
      strategy: "one-for-one",
      restartsMax: 0,
      withinMs: 1_000,
      backoff: { delayMsMin: 0, delayMsMax: 0, factor: 1, jitter: 0 },
    },
    fatal: (failure) => told.push(failure),
  });
  const vase = system.spawn(VaseActor);
  await assert.rejects(vase.drop(), { code: "actor_crashed" });
  assert.deepEqual(
    told.map(({ code }) => code),
    ["actor_crashed"],
  );
  await system.stop();
});

test("messages are frozen when the options say so", async () => {
  const system = await startLocalSystem({ log: { write: () => {} }, messages: frozenMessages });
  const vase = system.spawn(VaseActor);
  await assert.rejects(vase.fill([]), { code: "actor_crashed", message: /TypeError/ });
  await system.stop();
});
