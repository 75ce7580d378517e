import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EvictionBounds } from "#actors/store/sqlite/rows/eviction-bounds.ts";
import { DecisionStage } from "../decisions/decision-stage.ts";
import { createStore } from "./sqlite-store-fixture.ts";

test("of a thousand lanes each is looked into once, and then as many as give way", () => {
  const lanes = new Map(Array.from({ length: 1_000 }, (_, n) => [`lane ${n}`, [n, n + 2_000]]));
  const bounds = new EvictionBounds([...lanes.keys()]);
  let looks = 0;
  const last = () =>
    bounds.last((needs) => {
      looks += 1;
      const rank = lanes.get(needs)?.at(-1);
      return rank === undefined ? undefined : { rank, seq: 0, needs };
    });
  const gone: (number | undefined)[] = [];
  for (let turn = 0; turn < 500; turn += 1) {
    const found = last();
    gone.push(found?.rank);
    lanes.get(found?.needs ?? "")?.pop();
  }
  assert.deepEqual(
    gone,
    Array.from({ length: 500 }, (_, n) => 2_999 - n),
  );
  assert.ok(looks <= 1_000 + 2 * 500, `${looks} looks`);
});

const act = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("submit"), fc.nat(9), fc.nat(3)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("child"), fc.nat(9), fc.nat(3)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("claim"), fc.nat(1), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("cancel"), fc.nat(40), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("forget"), fc.nat(40), fc.nat(1)) },
);

test("whatever waits in whichever lanes, the same give way as in memory", (t) => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 50, size: "max" }), (acts) => {
      const store = createStore(t);
      const stage = new DecisionStage();
      const settings = { queue: "default", pendingMax: 6, whenFull: "evict_lowest" } as const;
      store.do({ method: "setQueue", args: [settings] });
      stage.do("setQueue", settings);
      // By number of arrival, since the two name tasks differently.
      const ids: { mine: string; theirs: string }[] = [];
      const statuses = () => ids.map(({ mine }) => stage.statusOf(mine));
      for (const [kind, number, lane] of acts) {
        store.nowMs += 1_000;
        stage.nowMs += 1_000;
        const of = ids[number];
        if (kind === "submit" || kind === "child") {
          const parent = kind === "child" ? ids.at(-1 - lane) : undefined;
          const task = {
            ...{ type: "t", model: "m", parameters: {}, inputs: [] },
            ...{ priority: number, batchKey: `${lane}` },
          };
          const child = (parentId: string | undefined) =>
            parentId === undefined ? task : { ...task, parentId };
          const mine = stage.do("submit", child(parent?.mine));
          const theirs = store.do({ method: "submit", args: [child(parent?.theirs)] });
          assert.equal(theirs.kind, mine.kind);
          if (mine.kind === "created" && theirs.kind === "created") {
            ids.push({ mine: mine.taskId, theirs: theirs.taskId });
          }
        } else if (kind === "claim") {
          stage.claimAll({ max: 2 });
          store.claim(2);
        } else if (of && kind === "cancel") {
          stage.do("cancel", { taskId: of.mine, reason: "" });
          store.do({ method: "cancel", args: [{ taskId: of.theirs, reason: "" }] });
        } else if (of) {
          stage.do("forgetTask", of.mine);
          store.do({ method: "forgetTask", args: [of.theirs] });
        }
        const theirs = ids.map(
          ({ theirs }) => store.do({ method: "view", args: [theirs] })?.status,
        );
        assert.deepEqual(theirs, statuses());
      }
    }),
    { numRuns: 25 },
  );
});
