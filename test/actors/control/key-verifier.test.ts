import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { KeyVerifier } from "#actors/control/key-verifier.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import type { KeyVerified } from "#protocols/tasks/key-records.ts";

function verifier(verdict: (hash: string) => Promise<KeyVerified>) {
  const counts = new ControlCounts();
  const asked: string[] = [];
  const clock = { now: 0 };
  const keys = new KeyVerifier({
    counts,
    now: () => clock.now,
    verify: (hash) => {
      asked.push(hash);
      return verdict(hash);
    },
  });
  return { keys, counts, asked, clock };
}

const unknown: KeyVerified = { kind: "unknown" };

test("a key that was refused is refused again without the store, for a short while", async () => {
  const { keys, asked, clock } = verifier(async () => unknown);
  for (const _ of [1, 2, 3]) assert.deepEqual(await keys.verify("a"), unknown);
  clock.now = controlLimits.keyRefusedMs - 1;
  await keys.verify("a");
  assert.deepEqual(asked, ["a"]);
  clock.now += 1;
  await keys.verify("a");
  assert.deepEqual(asked, ["a", "a"]);
});

test("a key that opens is asked for each time, so that it can be revoked", async () => {
  const { keys, asked } = verifier(async (keyId) => ({ kind: "revoked", keyId }));
  await keys.verify("a");
  const { keys: open, asked: askedOpen } = verifier(async (keyId) => {
    const key = { keyId, owner: "o", scopes: [], rateLimit: null, createdAt: 0 };
    return { kind: "valid", key: { ...key, expiresAt: null, revokedAt: null, lastUsedAt: null } };
  });
  await open.verify("a");
  await open.verify("a");
  assert.deepEqual([asked.length, askedOpen.length], [1, 2]);
});

test("a flood of keys has so many looked up at a time; the same key is looked up once", async () => {
  const opens: (() => void)[] = [];
  const { keys, counts, asked } = verifier(
    () => new Promise((resolve) => opens.push(() => resolve(unknown))),
  );
  const { keysAskedMax } = controlLimits;
  const waiting = Array.from({ length: keysAskedMax }, (_, number) => keys.verify(`k${number}`));
  const same = keys.verify("k0");
  await assert.rejects(keys.verify("one more"), { code: "unavailable", detail: /try again soon/ });
  assert.equal(asked.length, keysAskedMax);
  for (const open of opens) open();
  await Promise.all([...waiting, same]);
  const { bounds, figures } = counts.figures();
  assert.equal(bounds.find(({ bound }) => bound === "control_keys_asked")?.reached, 1);
  const refused = figures.find(({ name }) => name.includes("keys_refused"));
  assert.equal(refused?.samples[0]?.value, keysAskedMax);
  const late = keys.verify("one more");
  opens.at(-1)?.();
  assert.deepEqual(await late, unknown);
});

test("of refused keys only the last are remembered", async () => {
  const { keys, asked } = verifier(async () => unknown);
  for (let number = 0; number <= controlLimits.keysRefusedMax; number += 1) {
    await keys.verify(`k${number}`);
  }
  asked.length = 0;
  await keys.verify("k1");
  await keys.verify("k0");
  assert.deepEqual(asked, ["k0"]);
});

test("a store that fails is asked again at once", async () => {
  const { keys, asked } = verifier(async () => {
    throw new Error("away");
  });
  await assert.rejects(keys.verify("a"));
  await assert.rejects(keys.verify("a"));
  assert.equal(asked.length, 2);
});
