// Clients that send their next picture when the last one has come back, on virtual time: what they get of an engine
// that waits while it pays, beside one that never waits.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BatchTerms, RunBatcher } from "#actors/inference/batching/run-batcher.ts";

const itemsMax = 8;

interface Loop {
  readonly clients: number;
  /** From the end of a run until the next picture of that client is there. */
  readonly returnMs: number;
  runMs(size: number): number;
}

interface Outcome {
  /** Of the second half, when what is learnt is learnt. */
  readonly perSecond: number;
  readonly sizes: readonly number[];
  readonly idleMs: number;
}

const endMs = 20_000;

function served({ clients, returnMs, runMs }: Loop, delayMsMax: BatchTerms["delayMsMax"]): Outcome {
  const batcher = new RunBatcher({ itemsMax, preferred: [], delayMsMax });
  for (const size of [1, itemsMax]) batcher.measured("all", size, runMs(size));
  // The first one is alone, and so begins the alternation of one and the others.
  const coming = Array.from({ length: clients }, (_, client) =>
    client === 0 ? 0 : 1 + client / 8,
  );
  const sizes: number[] = [];
  let [now, freeMs, idleMs, answered, nextId] = [0, 0, 0, 0, 1];
  while (now < endMs) {
    coming.sort((a, b) => a - b);
    while ((coming[0] ?? endMs) <= now) {
      const arrivedMs = coming.shift() ?? now;
      batcher.add({ id: nextId++, bucket: "all", arrivedMs, deadlineMs: endMs * 2 });
    }
    const nextMs = coming[0] ?? endMs;
    const decision =
      now < freeMs ? ({ kind: "wait", untilMs: freeMs } as const) : batcher.next(now);
    if (decision.kind !== "run") {
      const untilMs = Math.min(nextMs, decision.kind === "wait" ? decision.untilMs : endMs);
      if (now >= freeMs && decision.kind === "wait") idleMs += untilMs - now;
      now = untilMs;
      continue;
    }
    const { length: size } = decision.items;
    sizes.push(size);
    freeMs = now + runMs(size);
    batcher.measured("all", size, runMs(size));
    // Answers are written one after the other.
    for (let at = 0; at < size; at += 1) coming.push(freeMs + returnMs + at / 4);
    if (now > endMs / 2) answered += size;
  }
  return { perSecond: answered / (endMs / 2 / 1_000), sizes: sizes.slice(-100), idleMs };
}

const weights = (size: number): number => 60 + size;
const arithmetic = (size: number): number => 10 * size;

describe("an engine that waits while it pays", () => {
  it("takes eight at a time where one costs as much as eight, and not some in turn with others", () => {
    const loop = { clients: 8, returnMs: 30, runMs: weights };
    const never = served(loop, 0);
    assert.ok(!never.sizes.includes(8), `${never.sizes}`);
    const paying = served(loop, "while it pays");
    assert.deepEqual(new Set(paying.sizes), new Set([8]));
    assert.ok(paying.perSecond > 1.2 * never.perSecond, `${paying.perSecond} ${never.perSecond}`);
  });

  it("never lets one picture at a time wait, however much two would save", () => {
    for (const returnMs of [0, 1, 30, 100]) {
      const { idleMs } = served({ clients: 1, returnMs, runMs: weights }, "while it pays");
      assert.equal(idleMs, 0);
    }
  });

  it("loses nothing where eight cost eight times one", () => {
    const loop = { clients: 8, returnMs: 30, runMs: arithmetic };
    assert.equal(served(loop, "while it pays").perSecond, served(loop, 0).perSecond);
  });

  it("does not wait for a sixth of five clients for long", () => {
    const loop = { clients: 5, returnMs: 30, runMs: weights };
    const { idleMs, sizes } = served(loop, "while it pays");
    assert.deepEqual(new Set(sizes), new Set([5]));
    assert.ok(idleMs < endMs / 20, `${idleMs} ms`);
  });

  it("gains far more than it loses, whatever returns when", () => {
    const ratios: number[] = [];
    for (let clients = 1; clients <= 20; clients += 1) {
      for (const returnMs of [1, 10, 30, 55, 80, 200]) {
        for (const runMs of [weights, arithmetic, (size: number) => 20 + 5 * size]) {
          const loop = { clients, returnMs, runMs };
          const [never, paying] = [served(loop, 0), served(loop, "while it pays")];
          ratios.push(paying.perSecond / never.perSecond);
        }
      }
    }
    ratios.sort((a, b) => a - b);
    const [least = 0] = ratios;
    assert.ok(least > 0.85, `${least}`);
    assert.ok((ratios[5] ?? 0) > 0.95, "few lose more than a twentieth");
    assert.ok((ratios.at(-50) ?? 0) > 1.1, "many gain more than a tenth");
  });
});
