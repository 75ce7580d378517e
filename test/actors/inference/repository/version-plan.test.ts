import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type Copy,
  copyOf,
  defaultCopy,
  isAtRest,
  nextSteps,
  type Situation,
  type Steps,
  type Target,
} from "#actors/inference/repository/version-plan.ts";
import { chosenVersions } from "#actors/inference/repository/version-policy.ts";

const target = (version: number, content = "a"): Target => ({
  version,
  fingerprint: `${version}${content}`,
});
const copy = (phase: Copy["phase"], version: number, content = "a"): Copy => ({
  ...target(version, content),
  key: `${version}${content}`,
  phase,
});
const none: Steps = { start: [], giveUp: [], leave: [] };
const situation = (given: Partial<Situation>): Situation => ({
  ...{ wanted: [], copies: [], failed: [] },
  ...given,
});

describe("what to do next", () => {
  const cases: readonly [string, Partial<Situation>, Partial<Steps>][] = [
    ["nothing is there and wanted", {}, {}],
    ["what is wanted is started", { wanted: [target(1)] }, { start: [target(1)] }],
    ["what loads is waited for", { wanted: [target(1)], copies: [copy("loading", 1)] }, {}],
    ["what failed is left alone", { wanted: [target(1)], failed: [target(1)] }, {}],
    [
      "what failed with other files is tried",
      { wanted: [target(1, "b")], failed: [target(1, "a")] },
      { start: [target(1, "b")] },
    ],
    [
      "the old version stays while the new one loads",
      { wanted: [target(2)], copies: [copy("ready", 1), copy("loading", 2)] },
      {},
    ],
    [
      "the old version leaves when the new one is warm",
      { wanted: [target(2)], copies: [copy("ready", 1), copy("ready", 2)] },
      { leave: ["1a"] },
    ],
    [
      "the old version stays when the new one failed",
      { wanted: [target(2)], failed: [target(2)], copies: [copy("ready", 1)] },
      {},
    ],
    [
      "the old version stays until all that replace it are warm",
      {
        wanted: [target(2), target(3)],
        copies: [copy("ready", 1), copy("ready", 2), copy("loading", 3)],
      },
      {},
    ],
    [
      "a version loaded anew replaces itself only",
      {
        wanted: [target(1, "b"), target(2, "b")],
        copies: [
          copy("ready", 1),
          copy("ready", 2),
          copy("ready", 1, "b"),
          copy("loading", 2, "b"),
        ],
      },
      { leave: ["1a"] },
    ],
    [
      "what nobody wants any more is given up before it is warm",
      { wanted: [target(3)], copies: [copy("ready", 1), copy("loading", 2)] },
      { start: [target(3)], giveUp: ["2a"] },
    ],
    [
      "unload: all leaves, at once",
      { copies: [copy("ready", 1), copy("loading", 2), copy("leaving", 3)] },
      { giveUp: ["2a"], leave: ["1a"] },
    ],
    [
      "what leaves does not come back: it is loaded anew",
      { wanted: [target(1)], copies: [copy("leaving", 1)] },
      { start: [target(1)] },
    ],
  ];
  for (const [name, given, expected] of cases) {
    it(name, () => assert.deepEqual(nextSteps(situation(given)), { ...none, ...expected }));
  }
});

describe("who runs what", () => {
  it("the highest wanted version that is ready, else the highest that is", () => {
    const copies = [copy("ready", 1), copy("ready", 2), copy("loading", 3)];
    assert.equal(defaultCopy(situation({ wanted: [target(1)], copies }))?.key, "1a");
    assert.equal(defaultCopy(situation({ wanted: [target(3)], copies }))?.key, "2a");
    assert.equal(defaultCopy(situation({ wanted: [target(3)] })), undefined);
  });

  it("of one version the copy with the wanted files", () => {
    const copies = [copy("ready", 1, "b"), copy("ready", 1, "a"), copy("leaving", 1, "c")];
    assert.equal(copyOf(situation({ wanted: [target(1, "b")], copies }), 1)?.key, "1b");
    assert.equal(copyOf(situation({ copies }), 1)?.key, "1a");
    assert.equal(copyOf(situation({ copies }), 2), undefined);
  });
});

it("version policies choose of what is there", () => {
  assert.deepEqual(chosenVersions({ kind: "latest", count: 1 }, []), []);
  assert.deepEqual(chosenVersions({ kind: "latest", count: 2 }, [3, 10, 9]), [9, 10]);
  assert.deepEqual(chosenVersions({ kind: "all" }, [2, 1, 2]), [1, 2]);
  assert.deepEqual(chosenVersions({ kind: "specific", versions: [7, 1] }, [1]), [1, 7]);
});

/** Takes the steps, and lets one thing that is under way come to its end. */
function advanced(now: Situation, choice: number, fails: boolean): Situation {
  const { start, giveUp, leave } = nextSteps(now);
  const started = start.map(
    (one): Copy => ({ ...one, key: `${one.fingerprint}+`, phase: "loading" }),
  );
  const gone = new Set([...giveUp, ...leave]);
  const copies = [...now.copies, ...started].map(
    (one): Copy => (gone.has(one.key) ? { ...one, phase: "leaving" } : one),
  );
  const busy = copies.filter(({ phase }) => phase !== "ready");
  const next = busy[choice % Math.max(1, busy.length)];
  if (!next) return { ...now, copies };
  const others = copies.filter((one) => one !== next);
  if (next.phase === "leaving") return { ...now, copies: others };
  if (fails) return { ...now, copies: others, failed: [...now.failed, next] };
  return { ...now, copies: [...others, { ...next, phase: "ready" }] };
}

it("whatever happens, somebody serves from the first that is warm until the unload, and it comes to rest", () => {
  const wish = fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
  const content = fc.constantFrom("a", "b");
  const step = fc.record({ choice: fc.nat(9), fails: fc.boolean() });
  const change = fc.record({ wish, content, steps: fc.array(step, { maxLength: 12 }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      let now = situation({});
      let wasServed = false;
      for (const { wish: versions, content: files, steps } of changes) {
        now = { ...now, wanted: versions.map((one) => target(one, files)) };
        for (const { choice, fails } of steps) {
          now = advanced(now, choice, fails);
          const isServed = defaultCopy(now) !== undefined;
          assert.ok(isServed || !wasServed, "nobody serves any more");
          wasServed ||= isServed;
        }
      }
      for (let round = 0; round < 50; round++) now = advanced(now, 0, false);
      assert.ok(isAtRest(now));
      assert.deepEqual(nextSteps(now), none);
    }),
  );
});

it("the default stays with its version while that is loaded anew, and an older one is already", () => {
  const wanted = [1, 2].map((version) => ({ version, fingerprint: "new" }));
  const copy = (version: number, fingerprint: string, phase: "ready" | "loading") => ({
    ...{ key: `${version} ${fingerprint}`, version, fingerprint, phase },
  });
  const before = [copy(2, "old", "ready"), copy(1, "new", "ready"), copy(2, "new", "loading")];
  assert.equal(defaultCopy({ wanted, copies: before, failed: [] })?.key, "2 old");
  const after = before.map((one) => ({ ...one, phase: "ready" as const }));
  assert.equal(defaultCopy({ wanted, copies: after, failed: [] })?.key, "2 new");
});
