import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { detectorDefaults, FailureDetector } from "#runtime/cluster/membership/failure-detector.ts";

function beaten(intervals: readonly number[]): { detector: FailureDetector; nowMs: number } {
  const detector = new FailureDetector(0);
  let nowMs = 0;
  for (const interval of intervals) {
    nowMs += interval;
    detector.heard(nowMs);
  }
  return { detector, nowMs };
}

/** Milliseconds of silence until suspicion. */
function silenceUntil({ detector, nowMs }: ReturnType<typeof beaten>): number {
  for (let silence = 0; silence < 60_000; silence += 1) {
    if (detector.isSilent(nowMs + silence)) return silence;
  }
  return Number.POSITIVE_INFINITY;
}

test("phi is the logarithm of the normal distribution's tail, and steeper far out", () => {
  const terms = { ...detectorDefaults, pauseMs: 0, deviationMsMin: 100, deviationMsMax: 100 };
  const detector = new FailureDetector(0, terms);
  // Deviations beyond the mean, and -log10(1 - Phi(y)) from a table of the distribution.
  const table = [
    [-2, 0.01],
    [0, 0.301],
    [1, 0.7995],
    [2, 1.643],
    [3, 2.8697],
    [4, 4.4993],
    [5, 6.5427],
    [6, 9.0059],
  ] as const;
  for (const [deviations, phi] of table) {
    const seen = detector.phi(500 + deviations * 100);
    const error = seen - phi;
    const isNear = deviations <= 3 ? Math.abs(error) < 0.05 : error >= 0 && error < phi * 0.25;
    assert(isNear, `${deviations}: ${seen}, not ${phi}`);
  }
});

test("phi never falls in silence and never leaves the numbers", () => {
  const anyHistory = fc.tuple(
    fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 150 }),
    fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 2 }),
  );
  fc.assert(
    fc.property(anyHistory, ([intervals, silences]) => {
      const { detector, nowMs } = beaten(intervals);
      let before = 0;
      for (const silence of [...silences].sort((a, b) => a - b)) {
        const phi = detector.phi(nowMs + silence);
        assert(Number.isFinite(phi) && phi >= before, `${phi} after ${before}`);
        before = phi;
      }
    }),
  );
});

test("within the acceptable pause and the usual interval nobody is suspected", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 400, max: 700 }), { maxLength: 200 }), (intervals) => {
      const { detector, nowMs } = beaten(intervals);
      assert.equal(detector.isSilent(nowMs + 400 + detectorDefaults.pauseMs), false);
    }),
  );
});

test("a node that beat twice a second, however irregularly, is suspected 1.8 to 2.2 s after its last", () => {
  const regular = Array.from({ length: 200 }, () => 500);
  const jumpy = regular.map((_, index) => (index % 2 === 0 ? 100 : 900));
  for (const intervals of [[], regular, jumpy]) {
    const silence = silenceUntil(beaten(intervals));
    assert(silence >= 1_800 && silence <= 2_200, `${silence} ms`);
  }
});

test("it adapts to the interval that it sees, and forgets what was long ago", () => {
  const slow = Array.from({ length: 120 }, () => 1_000);
  const slowSilence = silenceUntil(beaten(slow));
  assert(slowSilence > 2_300 && slowSilence < 2_700, `${slowSilence} ms`);
  const silence = silenceUntil(beaten([...slow, ...Array.from({ length: 120 }, () => 200)]));
  assert(silence > 1_500 && silence < 1_750, `${silence} ms`);
});

test("a silence that was suspected teaches nothing", () => {
  const before = silenceUntil(beaten(Array.from({ length: 50 }, () => 500)));
  const after = silenceUntil(beaten([...Array.from({ length: 50 }, () => 500), 30_000]));
  assert.equal(after, before);
});

test("time in which this process stood still is no silence of others", () => {
  const { detector, nowMs } = beaten([500, 500, 500]);
  assert.equal(detector.isSilent(nowMs + 5_500), true);
  detector.excuse(5_000);
  assert.equal(detector.isSilent(nowMs + 5_500), false);
});

test("terms that contradict themselves are refused", () => {
  const bad = [
    { threshold: 0 },
    { windowMax: Number.NaN },
    { pauseMs: -1 },
    { deviationMsMin: 300 },
    { intervalMs: Number.POSITIVE_INFINITY },
  ];
  for (const terms of bad) {
    const make = () => new FailureDetector(0, { ...detectorDefaults, ...terms });
    assert.throws(make, { code: "invalid" });
  }
});
