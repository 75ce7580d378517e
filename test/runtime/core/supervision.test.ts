// The pure parts of supervision: decisions, delays, windows.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "#protocols/failure.ts";
import { BackoffRow, backoffDelay } from "#runtime/core/backoff.ts";
import { atBirth, BirthFailure, exitOf, inSequence } from "#runtime/core/hooks.ts";
import { RestartWindow } from "#runtime/core/restart-window.ts";
import {
  affected,
  checkRestartKind,
  checkSupervision,
  directiveFor,
  isBegunAnew,
  type SupervisionSpec,
  supervisionDefault,
} from "#runtime/core/supervision.ts";
import { checkTimeout } from "#runtime/core/terms-check.ts";

const failure = new Failure("corrupt", "checksum");
const child = {
  name: "a",
  path: "/a",
  restartKind: "permanent",
  restarts: 0,
  during: "start",
} as const;
const withDecide = (decide: NonNullable<SupervisionSpec["decide"]>): SupervisionSpec => ({
  ...supervisionDefault,
  decide,
});

test("a directive comes from the table or the function, and is restart where they say nothing", () => {
  assert.equal(directiveFor(supervisionDefault, failure, child), "restart");
  assert.equal(directiveFor(withDecide({ corrupt: "stop" }), failure, child), "stop");
  assert.equal(directiveFor(withDecide({ invalid: "stop" }), failure, child), "restart");
  const isStart = withDecide((_, { during }) => (during === "start" ? "escalate" : undefined));
  assert.equal(directiveFor(isStart, failure, child), "escalate");
  assert.equal(directiveFor(isStart, failure, { ...child, during: "say" }), "restart");
});

test("who is begun anew: permanent always, transient after a failure, temporary never", () => {
  const kinds = ["permanent", "transient", "temporary"] as const;
  assert.deepEqual(
    kinds.map((kind) => [isBegunAnew(kind, "failure"), isBegunAnew(kind, "stop")]),
    [
      [true, true],
      [true, false],
      [false, false],
    ],
  );
});

test("a strategy affects a run of children that holds the failed one", () => {
  const strategy = fc.constantFrom("one-for-one", "rest-for-one", "one-for-all");
  fc.assert(
    fc.property(strategy, fc.integer({ min: 1, max: 50 }), fc.nat(49), (kind, count, position) => {
      const failed = position % count;
      const fate = affected(kind, count, failed);
      assert.ok(fate.includes(failed));
      assert.ok(fate.every((place, index) => place === (fate[0] ?? -1) + index && place < count));
      const size = { "one-for-one": 1, "rest-for-one": count - failed, "one-for-all": count };
      assert.equal(fate.length, size[kind]);
    }),
  );
});

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "";
  } catch (error) {
    return error instanceof Failure ? error.message : String(error);
  }
};

test("a spec that makes no sense is refused, saying what was seen", () => {
  const { backoff } = supervisionDefault;
  const parse = (text: string): SupervisionSpec => ({ ...supervisionDefault, ...JSON.parse(text) });
  const withBackoff = (part: Partial<typeof backoff>): SupervisionSpec => ({
    ...supervisionDefault,
    backoff: { ...backoff, ...part },
  });
  const table: readonly (readonly [SupervisionSpec, RegExp | ""])[] = [
    [supervisionDefault, ""],
    [{ ...supervisionDefault, restartsMax: 0 }, ""],
    [{ ...supervisionDefault, restartsMax: Number.POSITIVE_INFINITY }, ""],
    [{ ...supervisionDefault, restartsMax: -1 }, /restartsMax is a whole number from 0, not -1/],
    [{ ...supervisionDefault, restartsMax: 1.5 }, /not 1.5/],
    [{ ...supervisionDefault, restartsMax: Number.NaN }, /not NaN/],
    [{ ...supervisionDefault, withinMs: 0 }, /withinMs is .* above 0, not 0/],
    [{ ...supervisionDefault, withinMs: Number.NaN }, /not NaN/],
    [parse('{"strategy":"all"}'), /strategy is one-for-one, .*, not "all"/],
    [withBackoff({ delayMsMin: 0, delayMsMax: 0 }), ""],
    [withBackoff({ delayMsMin: -1 }), /backoff.delayMsMin is .* from 0, not -1/],
    [withBackoff({ delayMsMax: 19 }), /backoff.delayMsMax is at least delayMsMin \(20\), not 19/],
    [withBackoff({ delayMsMax: Number.POSITIVE_INFINITY }), /not Infinity/],
    [withBackoff({ factor: 0.5 }), /backoff.factor is a number from 1, not 0.5/],
    [withBackoff({ jitter: 1.1 }), /backoff.jitter is a number from 0 to 1, not 1.1/],
    [parse('{"decide":{"corrupt":"ignore"}}'), /decide.corrupt is resume, .*, not "ignore"/],
    [parse('{"decide":{"corupt":"stop"}}'), /decide names codes .*, not "corupt"/],
  ];
  for (const [spec, expected] of table) {
    const seen = codeOf(() => checkSupervision(spec));
    if (expected === "") assert.equal(seen, "");
    else assert.match(seen, expected);
  }
  assert.match(
    codeOf(() => checkRestartKind(JSON.parse('"always"'))),
    /restart is .* not "always"/,
  );
  assert.match(
    codeOf(() => checkTimeout("startTimeoutMs", -1)),
    /startTimeoutMs is .*, not -1/,
  );
  assert.match(
    codeOf(() => checkTimeout("stopTimeoutMs", Number.NaN)),
    /not NaN/,
  );
  assert.equal(
    codeOf(() => checkTimeout("stopTimeoutMs", 0)),
    "",
  );
});

test("a delay never passes its ceiling, never falls below what jitter leaves, grows in a row", () => {
  const specs = fc
    .record({
      delayMsMin: fc.integer({ min: 0, max: 1_000 }),
      above: fc.integer({ min: 0, max: 100_000 }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ above, ...spec }) => ({ ...spec, delayMsMax: spec.delayMsMin + above }));
  const chances = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(specs, fc.integer({ min: 1, max: 5_000 }), chances, (spec, attempt, chance) => {
      const delay = backoffDelay(spec, attempt, chance);
      assert.ok(delay >= spec.delayMsMin * (1 - spec.jitter) - 1e-9);
      assert.ok(delay <= spec.delayMsMax);
      assert.ok(backoffDelay(spec, attempt + 1, chance) >= delay);
    }),
  );
});

test("a row of failures ends when it ran for the quiet time, not when it merely waited so long", () => {
  const row = new BackoffRow({ delayMsMin: 10, delayMsMax: 80, factor: 2, jitter: 0 }, 100);
  assert.equal(row.failed(0, 0), 10);
  row.runs(10);
  assert.equal(row.failed(109, 0), 20, "one millisecond short of the quiet time");
  assert.equal(row.failed(5_000, 0), 40, "it never ran");
  row.runs(5_040);
  assert.equal(row.failed(5_140, 0), 10, "exactly the quiet time");
  for (const delay of [20, 40, 80, 80]) assert.equal(row.failed(6_000, 0), delay);
});

test("a restart window agrees with counting all restarts of the last while", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 6 }), (pauses, restartsMax) => {
      const window = new RestartWindow({ restartsMax, withinMs: 100 });
      const times: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        times.push(now);
        const within = times.filter((time) => now - time < 100).length;
        assert.equal(window.record(now), within <= restartsMax);
        assert.equal(window.count, Math.min(within, restartsMax + 1));
      }
    }),
  );
  const window = new RestartWindow({ restartsMax: 1, withinMs: 100 });
  window.record(0);
  window.record(0);
  window.clear();
  assert.equal(window.record(0), true);
});

test("steps in sequence wait for one another, and thousands that need no waiting are no recursion", () => {
  const seen: string[] = [];
  let release: () => void = () => undefined;
  const steps = ["a", "b", "c"];
  inSequence(
    steps,
    (step, done) => {
      seen.push(step);
      if (step === "b") release = done;
      else done();
    },
    () => seen.push("done"),
  );
  assert.deepEqual(seen, ["a", "b"]);
  release();
  assert.deepEqual(seen, ["a", "b", "c", "done"]);
  let count = 0;
  inSequence(
    Array.from({ length: 100_000 }, (_, index) => index),
    (_, done) => {
      count += 1;
      done();
    },
    () => undefined,
  );
  assert.equal(count, 100_000);
});

test("what fails at birth names its step and keeps the code of a failure", () => {
  const birth = (error: unknown): unknown => {
    try {
      return atBirth("initial", () => {
        throw error;
      });
    } catch (caught) {
      return caught;
    }
  };
  const foreign = birth(new Error("boom"));
  assert.ok(foreign instanceof BirthFailure);
  assert.equal(foreign.step, "initial");
  assert.match(foreign.failure.detail, /the class's initial threw Error: boom/);
  const own = birth(failure);
  assert.ok(own instanceof BirthFailure && own.failure === failure);
  assert.equal(
    atBirth("constructor", () => 7),
    7,
  );
  assert.deepEqual(exitOf(undefined), { kind: "stopped" });
  assert.deepEqual(exitOf(failure), { kind: "crashed", failure: failure.toData() });
});
