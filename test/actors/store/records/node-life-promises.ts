// What every back end must keep of how nodes are.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import { beat, introduce, leaseMs, statusOf } from "./node-samples.ts";
import type { MakeFixture } from "./record-fixture.ts";

export function nodeLifePromises(kind: string, make: MakeFixture): void {
  describe(`the life of nodes in ${kind}`, () => {
    it("silence makes a node suspect at the end of its lease, then offline; a beat brings it back", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      const leaseEnd = fixture.nowMs + leaseMs;
      fixture.nowMs = leaseEnd - 1;
      assert.deepEqual(fixture.call("sweepRecords", 10).suspect, []);
      assert.equal(fixture.call("sweepRecords", 10).nextAt, leaseEnd);
      fixture.nowMs = leaseEnd;
      const swept = fixture.call("sweepRecords", 10);
      assert.deepEqual(swept.suspect, ["a"]);
      assert.equal(swept.nextAt, leaseEnd + storeLimits.nodeOfflineAfterMs);
      fixture.nowMs = leaseEnd + storeLimits.nodeOfflineAfterMs;
      assert.deepEqual(fixture.call("sweepRecords", 10).offline, ["a"]);
      assert.equal(fixture.call("sweepRecords", 10).nextAt, null);
      assert.deepEqual(fixture.call("onlineNodes", 10), []);
      assert.deepEqual(beat(fixture, "a"), { kind: "heard", status: "online", missed: 0 });
    });

    it("what its operator wished of a node outlasts its silence", (t) => {
      const fixture = make(t);
      for (const node of ["p", "d"]) introduce(fixture, node);
      fixture.call("setNodeStatus", { node: "p", status: "paused", reason: "maintenance" });
      fixture.call("setNodeStatus", { node: "d", status: "draining", reason: "leaves" });
      fixture.nowMs += leaseMs;
      assert.deepEqual(fixture.call("sweepRecords", 10).suspect, ["p", "d"]);
      beat(fixture, "p");
      beat(fixture, "d");
      assert.equal(statusOf(fixture, "p"), "paused");
      assert.equal(statusOf(fixture, "d"), "draining");
      fixture.call("setNodeStatus", { node: "p", status: "online", reason: "resumed" });
      beat(fixture, "p");
      assert.equal(statusOf(fixture, "p"), "online");
    });

    it("a hold is kept with its reason wherever the node is, outlasts silence and a new life, and ends by order", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      fixture.call("setNodeStatus", { node: "a", status: "offline", reason: "gone" });
      const wish = { node: "a", hold: "paused", reason: "new disk", by: "anna" } as const;
      const held = { kind: "paused", reason: "new disk", by: "anna", since: fixture.nowMs };
      assert.equal(fixture.call("holdNode", wish).kind, "saved");
      assert.equal(statusOf(fixture, "a"), "offline");
      fixture.nowMs += 1;
      introduce(fixture, "a");
      assert.equal(statusOf(fixture, "a"), "paused");
      assert.deepEqual(fixture.call("node", "a")?.hold, held);
      fixture.nowMs += leaseMs;
      assert.deepEqual(fixture.call("sweepRecords", 10).suspect, ["a"]);
      beat(fixture, "a", { incarnation: 2 });
      assert.deepEqual(fixture.call("nodes", { limit: 9 })[0]?.hold, held);
      fixture.call("holdNode", { ...wish, hold: null, reason: "resumed" });
      assert.equal(statusOf(fixture, "a"), "online");
      assert.equal(fixture.call("node", "a")?.hold, null);
      fixture.call("holdNode", { ...wish, hold: "draining" });
      assert.equal(statusOf(fixture, "a"), "draining");
      introduce(fixture, "a");
      assert.deepEqual([statusOf(fixture, "a"), fixture.call("node", "a")?.hold], ["online", null]);
      fixture.call("holdNode", wish);
      fixture.call("removeNode", "a");
      assert.deepEqual(fixture.call("holdNode", wish), { kind: "not_found" });
      introduce(fixture, "a");
      assert.equal(fixture.call("node", "a")?.hold, null);
    });

    it("a hold takes effect once for its command, and acknowledges it; not for one that has ended", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      const begin = (commandId: string) =>
        fixture.call("beginControl", { commandId, command: "PAUSE_NODE", timeoutMs: 60_000 });
      const hold = (commandId: string) => {
        const wish = { node: "a", hold: "paused", reason: "new disk", commandId } as const;
        const saved = fixture.call("holdNode", wish);
        return saved.kind === "saved" ? (saved.node.hold?.kind ?? null) : saved.kind;
      };
      begin("once");
      fixture.call("noteControl", { commandId: "once", step: "delivered" });
      fixture.nowMs += 5;
      assert.equal(hold("once"), "paused");
      const known = fixture.call("control", "once");
      assert.deepEqual(
        [known?.status, known?.acknowledgedAt, known?.finishedAt],
        ["acknowledged", fixture.nowMs, null],
      );
      fixture.call("holdNode", { node: "a", hold: null, reason: "resumed" });
      const version = fixture.call("node", "a")?.version;
      assert.equal(hold("once"), null);
      begin("ended");
      fixture.call("finishControl", { commandId: "ended", status: "timed_out" });
      assert.equal(hold("ended"), null);
      assert.equal(hold("never begun"), null);
      assert.equal(fixture.call("node", "a")?.version, version);
      begin("next");
      fixture.call("removeNode", "a");
      assert.equal(hold("next"), "not_found");
      introduce(fixture, "a");
      assert.equal(hold("next"), "paused");
    });

    it("the work of many tasks is counted at once, as one by one", (t) => {
      const fixture = make(t);
      for (const node of ["a", "b"]) introduce(fixture, node);
      const one = (outcome: "completed" | "failed", runMs: number) =>
        fixture.call("countNodeTask", { node: "a", outcome, runMs });
      one("completed", 1_000);
      fixture.call("countNodeWork", {
        node: "b",
        completed: 1,
        failed: 0,
        runMs: 1_000,
        faults: 0,
      });
      one("completed", 3_000);
      one("failed", 1);
      one("failed", 1);
      const work = { node: "b", completed: 1, failed: 2, runMs: 3_000, faults: 2 };
      fixture.call("countNodeWork", work);
      const figures = (node: string) => {
        const record = fixture.call("node", node);
        const { tasksTotal, tasksCompleted, tasksFailed, runSecondsMean, failuresInRow } =
          record ?? {};
        return { tasksTotal, tasksCompleted, tasksFailed, runSecondsMean, failuresInRow };
      };
      assert.deepEqual(figures("b"), figures("a"));
      assert.equal(figures("b").runSecondsMean, 2);
      const faults = storeLimits.nodeFailuresMax - 2;
      fixture.call("countNodeWork", { ...work, completed: 0, failed: faults, faults });
      assert.equal(statusOf(fixture, "b"), "quarantined");
      fixture.call("holdNode", { node: "b", hold: null, reason: "looked at" });
      assert.equal(statusOf(fixture, "b"), "online");
    });

    it("a node is put only where its state can go, and by the version that was read", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      const put = (status: "offline" | "paused" | "online" | "removed", version?: number) =>
        fixture.call("setNodeStatus", {
          node: "a",
          status,
          reason: "test",
          ...(version === undefined ? {} : { version }),
        });
      assert.deepEqual(put("paused", 9), { kind: "stale", version: 1 });
      assert.equal(put("offline", 1).kind, "saved");
      assert.deepEqual(put("paused"), { kind: "illegal", from: "offline" });
      assert.deepEqual(put("removed"), { kind: "illegal", from: "offline" });
      assert.equal(put("online").kind, "saved");
      assert.throws(
        () => fixture.call("setNodeStatus", { node: "a", status: "paused", reason: "", until: 1 }),
        /invalid: "until" is of a quarantine/,
      );
      assert.equal(statusOf(fixture, "a"), "online");
    });

    it("a node that fails again and again is put in quarantine, each time for longer", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      const fail = () => fixture.call("countNodeTask", { node: "a", outcome: "failed", runMs: 1 });
      for (let failures = 1; failures < storeLimits.nodeFailuresMax; failures++) fail();
      assert.equal(statusOf(fixture, "a"), "online");
      fail();
      assert.equal(statusOf(fixture, "a"), "quarantined");
      assert.deepEqual(fixture.call("availableNodes", 10), []);
      const first = fixture.call("node", "a")?.quarantinedUntil ?? 0;
      assert.equal(first, fixture.nowMs + storeLimits.nodeQuarantineMsMin);
      fixture.nowMs = first;
      beat(fixture, "a");
      assert.equal(statusOf(fixture, "a"), "online");
      fail();
      const second = fixture.call("node", "a")?.quarantinedUntil ?? 0;
      assert.equal(second, fixture.nowMs + 2 * storeLimits.nodeQuarantineMsMin);
      fixture.nowMs += leaseMs - 1;
      beat(fixture, "a", { leaseMs: 3_600_000 });
      assert.equal(statusOf(fixture, "a"), "quarantined");
      fixture.nowMs = second;
      assert.deepEqual(fixture.call("sweepRecords", 10).released, ["a"]);
      assert.equal(statusOf(fixture, "a"), "online");
    });

    it("ended tasks are counted, and the mean of completed ones is theirs alone", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      for (const runMs of [1_000, 3_000]) {
        fixture.call("countNodeTask", { node: "a", outcome: "completed", runMs });
      }
      fixture.call("countNodeTask", { node: "a", outcome: "failed", runMs: 90_000 });
      const node = fixture.call("node", "a");
      assert.deepEqual(
        [node?.tasksTotal, node?.tasksCompleted, node?.tasksFailed, node?.runSecondsMean],
        [3, 2, 1, 2],
      );
      assert.equal(node?.failuresInRow, 1);
    });
  });
}
