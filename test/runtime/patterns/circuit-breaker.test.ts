import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type BreakerSpec,
  type BreakerState,
  type CallOutcome,
  CircuitBreaker,
} from "#runtime/patterns/circuit-breaker.ts";

const spec: BreakerSpec = {
  trip: { kind: "consecutive", failures: 3 },
  openMs: 1_000,
  probes: 2,
};
const outcomes = { s: "succeeded", f: "failed", w: "withdrawn" } as const;

/** One call a letter, each at once: admitted and ended, or refused. */
function play(breaker: CircuitBreaker, letters: string, atMs: number): BreakerState {
  for (const letter of letters) {
    const admission = breaker.admit(atMs);
    const outcome = letter === "s" ? outcomes.s : letter === "f" ? outcomes.f : outcomes.w;
    if (admission.kind === "admitted") breaker.ended(admission.phase, outcome, atMs);
  }
  return breaker.state;
}

test("so many failures in a row open it, a success between them begins the count anew", () => {
  for (const [letters, state] of [
    ["", "closed"],
    ["ff", "closed"],
    ["fff", "open"],
    ["ffsff", "closed"],
    ["ffwf", "open"],
    ["wwwwww", "closed"],
  ] as const) {
    assert.equal(play(new CircuitBreaker(spec), letters, 0), state, letters);
  }
});

test("open, it refuses and names the time to wait; then it lets so many probes through", () => {
  const breaker = new CircuitBreaker(spec);
  play(breaker, "fff", 100);
  assert.deepEqual(breaker.admit(600), { kind: "refused", retryAfterMs: 500 });
  assert.equal(breaker.admit(1_100).kind, "admitted");
  assert.equal(breaker.admit(1_100).kind, "admitted");
  assert.deepEqual(breaker.admit(1_200), { kind: "refused", retryAfterMs: 900 });
  assert.equal(breaker.state, "half-open");
});

test("half-open, all probes must succeed; one failure opens it again for the whole time", () => {
  for (const [letters, state] of [
    ["s", "half-open"],
    ["ss", "closed"],
    ["sws", "closed"],
    ["sf", "open"],
    ["f", "open"],
  ] as const) {
    const breaker = new CircuitBreaker(spec);
    play(breaker, "fff", 0);
    assert.equal(play(breaker, letters, 1_000), state, letters);
    if (state === "open") {
      assert.deepEqual(breaker.admit(1_500), { kind: "refused", retryAfterMs: 500 });
    }
  }
});

test("a call of an earlier phase does not decide about a later one", () => {
  const breaker = new CircuitBreaker(spec);
  const old = breaker.admit(0);
  play(breaker, "fff", 0);
  assert.ok(old.kind === "admitted");
  const probe = breaker.admit(1_000);
  assert.ok(probe.kind === "admitted");
  breaker.ended(old.phase, "failed", 1_000);
  assert.equal(breaker.state, "half-open");
  breaker.ended(probe.phase, "succeeded", 1_000);
  assert.equal(play(breaker, "s", 1_000), "closed");
});

test("probes that are never heard of again give way to new ones", () => {
  const breaker = new CircuitBreaker(spec);
  play(breaker, "fff", 0);
  breaker.admit(1_000);
  breaker.admit(1_000);
  assert.equal(breaker.admit(1_999).kind, "refused");
  assert.equal(play(breaker, "ss", 2_000), "closed");
});

test("a share of failures opens it once there are enough calls, and old ones fall out", () => {
  const create = () =>
    new CircuitBreaker({
      ...spec,
      trip: { kind: "rate", failureShare: 0.5, callsMin: 4, windowMs: 1_000 },
    });
  assert.equal(play(create(), "fff", 0), "closed");
  assert.equal(play(create(), "ffff", 0), "open");
  assert.equal(play(create(), "sfsf", 0), "open");
  assert.equal(play(create(), "ssfsf", 0), "closed");
  const aged = create();
  play(aged, "ssssssss", 0);
  assert.equal(play(aged, "ffff", 500), "closed");
  assert.equal(play(aged, "f", 1_150), "open");
});

test("a breaker that has closed again does not remember why it was open", () => {
  const trip = { kind: "rate", failureShare: 0.5, callsMin: 4, windowMs: 10_000 } as const;
  const breaker = new CircuitBreaker({ ...spec, trip });
  assert.equal(play(breaker, "ffff", 0), "open");
  assert.equal(play(breaker, "ss", 1_000), "closed");
  assert.equal(play(breaker, "fff", 1_100), "closed");
});

test("its counts say what became of every call", () => {
  const breaker = new CircuitBreaker(spec);
  play(breaker, "swfffss", 0);
  assert.deepEqual(breaker.counts, {
    admitted: 5,
    refused: 2,
    succeeded: 1,
    failed: 3,
    withdrawn: 1,
    opened: 1,
  });
});

test("numbers that make no breaker are refused", () => {
  const rate = { kind: "rate", failureShare: 0.5, callsMin: 4, windowMs: 1_000 } as const;
  for (const bad of [
    { openMs: 0 },
    { probes: 0 },
    { trip: { kind: "consecutive", failures: 0 } },
    { trip: { ...rate, failureShare: 1.1 } },
    { trip: { ...rate, callsMin: 0 } },
    { trip: { ...rate, windowMs: 0 } },
  ] as const) {
    assert.throws(() => new CircuitBreaker({ ...spec, ...bad }), { code: "invalid" });
  }
});

// What must hold whatever happens, with calls that overlap and end in any order.
const events = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("call" as const), afterMs: fc.nat(700) }),
    fc.record({
      kind: fc.constant("end" as const),
      afterMs: fc.nat(700),
      which: fc.nat(),
      outcome: fc.constantFrom<CallOutcome>("succeeded", "failed", "withdrawn"),
    }),
  ),
  { maxLength: 80 },
);

test("nothing passes while it is open, and at most the probes while it is half-open", () => {
  fc.assert(
    fc.property(events, (list) => {
      const breaker = new CircuitBreaker(spec);
      const open: number[] = [];
      let now = 0;
      let openedMs = Number.NEGATIVE_INFINITY;
      let lastOpened = 0;
      for (const event of list) {
        now += event.afterMs;
        if (event.kind === "call") {
          const admission = breaker.admit(now);
          if (admission.kind === "admitted") {
            assert.notEqual(breaker.state, "open");
            assert.ok(now >= openedMs + spec.openMs);
            open.push(admission.phase);
            const inPhase = open.filter((phase) => phase === admission.phase).length;
            if (breaker.state === "half-open") assert.ok(inPhase <= spec.probes);
          } else assert.ok(admission.retryAfterMs > 0 && admission.retryAfterMs <= spec.openMs);
        } else {
          const [phase] = open.splice(event.which % Math.max(1, open.length), 1);
          if (phase !== undefined) breaker.ended(phase, event.outcome, now);
        }
        if (breaker.counts.opened > lastOpened) openedMs = now;
        lastOpened = breaker.counts.opened;
      }
      const { admitted, succeeded, failed, withdrawn } = breaker.counts;
      assert.equal(admitted, succeeded + failed + withdrawn + open.length);
    }),
  );
});
