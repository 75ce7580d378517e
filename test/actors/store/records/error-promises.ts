// What every back end must keep of errors.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import type { ErrorGroup } from "#protocols/tasks/error-records.ts";
import { type MakeFixture, startMs } from "./record-fixture.ts";

const group = (number: number, changes: Partial<ErrorGroup> = {}): ErrorGroup => ({
  fingerprint: number.toString(16).padStart(16, "0"),
  class: "model",
  code: "model_failed",
  type: "inpaint",
  model: "lama",
  detail: "node # of the graph",
  sample: "node 7 of the graph",
  count: 1,
  retried: 1,
  firstAt: startMs,
  lastAt: startMs + number,
  taskIds: ["t1", "t0"],
  nodes: ["worker-1"],
  queues: ["default"],
  acknowledgedBy: null,
  acknowledgedAt: null,
  ...changes,
});
const poison = (number: number) => ({
  taskId: `t${number}`,
  at: startMs + number,
  ...{ type: "inpaint", model: "lama", queue: "default", node: "worker-1", why: "four leases" },
});
const nothing = { seq: 0, missed: 0, groups: [], forgotten: [], poison: [] };

export function errorPromises(kind: string, make: MakeFixture): void {
  describe(`errors in ${kind}`, () => {
    it("groups, poison tasks and the position are kept whole", (t) => {
      const fixture = make(t);
      assert.deepEqual(fixture.call("keptErrors"), {
        ...{ seq: 0, missed: 0, groups: [], poison: [] },
      });
      const notes = { seq: 9, missed: 2, groups: [group(1), group(2)], poison: [poison(1)] };
      assert.deepEqual(fixture.call("keepErrors", { ...notes, forgotten: [] }), { kind: "saved" });
      assert.deepEqual(fixture.call("keptErrors"), notes);
      const seen = group(2, { count: 5, acknowledgedBy: "anna", acknowledgedAt: startMs });
      fixture.call("keepErrors", { ...nothing, seq: 12, missed: 2, groups: [seen] });
      const kept = fixture.call("keptErrors");
      assert.deepEqual([kept.seq, kept.groups[1], kept.groups.length], [12, seen, 2]);
      assert.deepEqual(fixture.problems(), []);
    });

    it("a group beyond the limit is refused until another gives way", (t) => {
      const fixture = make(t);
      const max = storeLimits.errorGroupsMax;
      const groups = Array.from({ length: max }, (_, number) => group(number));
      fixture.call("keepErrors", { ...nothing, seq: 1, groups });
      const full = fixture.call("keepErrors", { ...nothing, seq: 2, groups: [group(max)] });
      assert.deepEqual(full, { kind: "full", limit: max });
      assert.equal(fixture.call("keptErrors").seq, 1, "nothing of it was kept");
      const forgotten = [group(0).fingerprint];
      fixture.call("keepErrors", { ...nothing, seq: 2, groups: [group(max)], forgotten });
      const kept = fixture.call("keptErrors").groups.map(({ fingerprint }) => fingerprint);
      assert.equal(kept.length, max);
      assert.ok(!kept.includes(group(0).fingerprint) && kept.includes(group(max).fingerprint));
    });

    it("of poison tasks the oldest beyond the limit are forgotten", (t) => {
      const fixture = make(t);
      const max = storeLimits.poisonTasksMax;
      const tasks = Array.from({ length: max }, (_, number) => poison(number));
      fixture.call("keepErrors", { ...nothing, poison: tasks });
      fixture.call("keepErrors", { ...nothing, poison: [poison(max), poison(max + 1)] });
      const kept = fixture.call("keptErrors").poison.map(({ taskId }) => taskId);
      assert.deepEqual([kept.length, kept[0], kept.at(-1)], [max, `t${max + 1}`, "t2"]);
    });
  });
}
