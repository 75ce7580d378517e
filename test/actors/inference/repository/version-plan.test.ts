import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ModelNames } from "#actors/inference/repository/model-names.ts";
import {
  type Copy,
  copyOf,
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
  ...{ wanted: [], copies: [], kept: [], failed: [] },
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
      "the old version stays while a name means it, whatever is warm",
      { wanted: [target(2)], kept: [1], copies: [copy("ready", 1), copy("ready", 2)] },
      {},
    ],
    [
      "a version that a name means is replaced by itself, loaded anew",
      {
        wanted: [target(1, "b")],
        kept: [1],
        copies: [copy("ready", 1), copy("ready", 1, "b")],
      },
      { leave: ["1a"] },
    ],
    [
      "unload: what a name means leaves, too",
      { kept: [1], copies: [copy("ready", 1)] },
      { leave: ["1a"] },
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

it("of one version the copy with the wanted files runs what names it", () => {
  const copies = [copy("ready", 1, "b"), copy("ready", 1, "a"), copy("leaving", 1, "c")];
  assert.equal(copyOf(situation({ wanted: [target(1, "b")], copies }), 1)?.key, "1b");
  assert.equal(copyOf(situation({ copies }), 1)?.key, "1a");
  assert.equal(copyOf(situation({ copies }), 2), undefined);
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

it("whatever happens, names serve from the first that is warm until the unload, and it comes to rest", () => {
  const wish = fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
  const content = fc.constantFrom("a", "b");
  const alias = fc.integer({ min: 1, max: 4 });
  const step = fc.record({ choice: fc.nat(9), fails: fc.boolean() });
  const change = fc.record({
    wish,
    content,
    stable: alias,
    steps: fc.array(step, { maxLength: 12 }),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      let now = situation({});
      let goal = 0;
      const names = new ModelNames();
      const served = new Set<string | undefined>();
      const follow = (next: Situation): void => {
        const ready = next.copies.filter(({ phase }) => phase === "ready");
        const [wanted, there] = [next.wanted, ready].map((all) => all.map((one) => one.version));
        const terms = { wanted: wanted?.sort() ?? [], ready: there?.sort() ?? [] };
        names.follow({ aliases: { stable: goal }, ...terms });
        now = { ...next, kept: names.kept };
      };
      for (const { wish: versions, content: files, stable, steps } of changes) {
        goal = stable;
        follow({ ...now, wanted: versions.map((one) => target(one, files)) });
        for (const { choice, fails } of steps) {
          follow(advanced(now, choice, fails));
          for (const name of [undefined, "stable"]) {
            const isServed = names.versionOf(name) !== undefined;
            // What the policy leaves out is loaded for no alias.
            const isIdle = name === "stable" && !versions.includes(goal);
            assert.ok(isServed || isIdle || !served.has(name), "nobody serves any more");
            if (isServed) served.add(name);
            else served.delete(name);
          }
        }
      }
      for (let round = 0; round < 50; round++) follow(advanced(now, 0, false));
      assert.ok(isAtRest(now));
      assert.deepEqual(nextSteps(now), none);
    }),
  );
});
