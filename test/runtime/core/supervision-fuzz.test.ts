// Failures, stops, drains and slow hooks at random times: whatever meets, instances of one actor never
// overlap, and once all is quiet everybody who lives runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ActorTree } from "#runtime/core/inspection.ts";
import { supervisionDefault } from "#runtime/core/supervision.ts";
import { backoff, type Casting, type Performance, performWith } from "./stage.ts";

const names = ["a", "b", "c", "d"] as const;
const acts = [
  "fail",
  "fail",
  "fail",
  "timer",
  "pipe",
  "leave",
  "drain",
  "stop",
  "say",
  "busy",
] as const;

const times = fc.array(fc.constantFrom(0, 0, 3, 30, 90, Number.NaN), { maxLength: 3 });
const casting = (name: string): fc.Arbitrary<Casting> =>
  fc.record({
    name: fc.constant(name),
    restart: fc.constantFrom("permanent", "permanent", "transient", "temporary"),
    script: fc.record({ starts: times, ends: times }),
  });
const steps = fc.array(
  fc.record({
    pauseMs: fc.constantFrom(0, 0, 1, 7, 25, 60),
    name: fc.constantFrom(...names),
    act: fc.constantFrom(...acts),
  }),
  { minLength: 1, maxLength: 40 },
);

function perform({ player, stage }: Performance, name: string, act: (typeof acts)[number]): void {
  if (act === "fail") player(name).fail("corrupt");
  else if (act === "timer") player(name).failByTimer(5);
  else if (act === "pipe") player(name).failByPipe();
  else if (act === "leave") player(name).leave("drop");
  else if (act === "say") player(name).say("so", 15);
  else if (act === "busy") stage.busy(10);
  else stage.stop(name, act === "drain" ? "drain" : "drop");
}

const livesOf = (diary: readonly string[], name: string): readonly string[] =>
  diary
    .map((line) => line.split(" "))
    .filter(([, who, what]) => who === name && /^(starts|crashed|stopped)$/.test(what ?? ""))
    .map(([, , what]) => (what === "starts" ? "begins" : "ends"));

const statesOf = (tree: ActorTree): readonly string[] => [
  tree.state,
  ...tree.children.flatMap(statesOf),
];

test("instances of one actor never overlap, and in the end everybody who lives runs", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("one-for-one", "rest-for-one", "one-for-all"),
      fc.tuple(...names.map(casting)),
      steps,
      fc.constantFrom(2, 1_000),
      async (strategy, cast, plan, restartsMax) => {
        const above = { ...supervisionDefault, restartsMax: 1_000, backoff };
        const performance = await performWith(
          structuredClone(cast),
          { strategy, restartsMax },
          above,
        );
        const { system, time, diary, fatal } = performance;
        for (const { pauseMs, name, act } of plan) {
          if (pauseMs > 0) await time.advance(pauseMs);
          perform(performance, name, act);
        }
        await time.advance(60_000);
        assert.deepEqual(fatal, []);
        for (const name of names) {
          const lives = livesOf(diary, name);
          lives.forEach((what, index) => {
            assert.equal(what, index % 2 === 0 ? "begins" : "ends", diary.join("\n"));
          });
        }
        for (const state of statesOf(system.inspect())) assert.equal(state, "running");
        await Promise.all([system.stop(0), time.advance(60_000)]);
        for (const name of names)
          assert.equal(livesOf(diary, name).length % 2, 0, "all have ended");
      },
    ),
    { numRuns: 60 },
  );
});
