// Asks under random orders, delays, deadlines and cancellations: each has exactly the one outcome that
// comes first in time, at that time, and nothing is left of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import type { VirtualTime } from "#runtime/testkit/virtual-time.ts";

type Manner = "answer" | "refuse" | "throw" | "late" | "never";
interface Oracle {
  consult(manner: Manner, ms: number): string;
}
const Oracle = protocol<Oracle>("test.Oracle@1", { consult: ask });

const passed = (time: VirtualTime, ms: number): Promise<void> =>
  new Promise((resolve) => time.createTimers().set(time.now() + ms, resolve));

class OracleActor extends Actor<Oracle, { time: VirtualTime }> implements Handlers<Oracle> {
  static readonly protocol = Oracle;
  static initial = (time: VirtualTime) => ({ time });
  consult(manner: Manner, ms: number): string | Deferred<string> {
    switch (manner) {
      case "answer":
        return "value";
      case "refuse":
        throw reply(new Failure("conflict", "it refuses"));
      case "throw":
        throw new Error("it fails");
      case "late":
        return this.ctx.defer(passed(this.state.time, ms).then(() => "value"));
      case "never":
        return this.ctx.defer(new Promise<string>(() => {}));
      default:
        return manner satisfies never;
    }
  }
}

const questions = fc.array(
  fc.record({
    manner: fc.constantFrom<Manner>("answer", "refuse", "throw", "late", "late", "never"),
    ms: fc.integer({ min: 1, max: 60 }),
    within: fc.integer({ min: 1, max: 60 }),
    cancelMs: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    pauseMs: fc.constantFrom(0, 0, 5, 20),
  }),
  { minLength: 1, maxLength: 25 },
);
type Question = typeof questions extends fc.Arbitrary<(infer Q)[]> ? Q : never;

/** What may become of it, and when; two at the same time may come in either order. */
function outcomesOf({ manner, ms, within, cancelMs }: Question): readonly string[] {
  const ends: [number, string][] = [[within, "timeout"]];
  if (cancelMs !== undefined) ends.push([cancelMs, "cancelled"]);
  if (manner === "answer") ends.push([0, "value"]);
  if (manner === "refuse") ends.push([0, "conflict"]);
  if (manner === "throw") ends.push([0, "actor_crashed"]);
  if (manner === "late") ends.push([ms, "value"]);
  const first = Math.min(...ends.map(([at]) => at));
  return ends.filter(([at]) => at === first).map(([at, what]) => `${what} after ${at}`);
}

const supervise = {
  strategy: "one-for-one",
  restartsMax: Number.POSITIVE_INFINITY,
  withinMs: 1_000,
  backoff: { delayMsMin: 0, delayMsMax: 0, factor: 1, jitter: 0 },
} as const;

async function consult(plan: readonly Question[], seed: number): Promise<void> {
  const { system, time, stop } = createTestSystem({ order: { seed }, supervise });
  const oracle = system.spawn(OracleActor, time);
  const outcomes = plan.map((): string[] => []);
  for (const [index, { manner, ms, within, cancelMs, pauseMs }] of plan.entries()) {
    const controller = new AbortController();
    const startMs = time.now();
    if (cancelMs !== undefined) {
      time.createTimers().set(startMs + cancelMs, () => controller.abort());
    }
    const note = (what: string): void => {
      outcomes[index]?.push(`${what} after ${time.now() - startMs}`);
    };
    oracle.$.with({ within, signal: controller.signal })
      .consult(manner, ms)
      .then(note, (error: unknown) => note(Failure.of(error).code));
    if (pauseMs > 0) await time.advance(pauseMs);
  }
  await time.advance(100);
  for (const [index, question] of plan.entries()) {
    const seen = outcomes[index] ?? [];
    assert.equal(seen.length, 1, `${JSON.stringify(question)} had ${seen.length} outcomes`);
    const wanted = outcomesOf(question);
    assert.ok(wanted.includes(seen[0] ?? ""), `${JSON.stringify(question)}: ${seen[0]}`);
  }
  assert.equal(system.asks.openCount, 0);
  // A cancelled timer's alarm stands until its time; the longest is that of an actor's start.
  await time.advance(limits.startMsDefault);
  assert.equal(time.nextAlarmMs, Number.POSITIVE_INFINITY, "no timer is left");
  await stop();
}

test("each ask has the one outcome that comes first, when it comes, and leaves nothing", async () => {
  await fc.assert(fc.asyncProperty(questions, fc.nat(), consult), {
    numRuns: 150,
    includeErrorInReport: true,
  });
});
