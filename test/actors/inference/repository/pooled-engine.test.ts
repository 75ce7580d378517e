import assert from "node:assert/strict";
import { test } from "node:test";
import type { Engine } from "#actors/inference/engine-actor.ts";
import {
  freest,
  leastNeeded,
  type PooledEngine,
} from "#actors/inference/repository/pooled-engine.ts";
import type { Ref } from "#protocols/actor-ref.ts";

function engine(terms: Partial<PooledEngine> & { readonly load?: number } = {}): PooledEngine {
  const { load = 0, ...given } = terms;
  const running = new Set(Array.from({ length: load }, (_, at) => at));
  const plain = { kind: "kept", phase: "ready", takesMax: 3, isForsaken: false } as const;
  return { ref: {} as Ref<Engine>, ...plain, running, ...given };
}

test("the next request goes to who has the least, and as a last resort to one that was forsaken", () => {
  const [idle, busy, full] = [engine(), engine({ load: 2 }), engine({ load: 3 })];
  const forsaken = engine({ isForsaken: true });
  const starting = engine({ phase: "starting" });
  assert.equal(freest([busy, idle]), idle);
  assert.equal(freest([forsaken, busy]), busy);
  assert.equal(freest([forsaken, full, starting]), forsaken);
  assert.equal(freest([full, starting]), undefined);
});

test("a spare one can be done without before a kept one, and the idlest before others", () => {
  const [kept, spare, busy] = [engine(), engine({ kind: "spare" }), engine({ load: 1 })];
  assert.equal(leastNeeded([kept, spare, busy]), spare);
  assert.equal(leastNeeded([busy, kept]), kept);
  assert.equal(leastNeeded([engine({ phase: "starting" })]), undefined);
});
