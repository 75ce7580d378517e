// What every back end must keep of nodes and skills.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limits } from "#protocols/limits.ts";
import type { NodeIntroduction } from "#protocols/tasks/node-records.ts";
import type { MakeFixture, RecordFixture } from "./record-fixture.ts";

const leaseMs = 10_000;
const described = { hostname: "box", platform: "linux", arch: "x64" } as const;

const introduce = (fixture: RecordFixture, node: string, changes: Partial<NodeIntroduction> = {}) =>
  fixture.call("registerNode", { node, leaseMs, ...described, ...changes });

const beat = (fixture: RecordFixture, node: string, changes: object = {}) =>
  fixture.call("beatNode", {
    node,
    incarnation: 1,
    leaseMs,
    runningTasks: 0,
    cpuPercent: 12.5,
    memoryPercent: 40,
    diskPercent: 3,
    ...changes,
  });

const names = (nodes: readonly { readonly node: string }[]): string[] =>
  nodes.map(({ node }) => node);
const statusOf = (fixture: RecordFixture, node: string) => fixture.call("node", node)?.status;
const skill = (name: string, level = 1) => ({ skill: name, level, verifiedAt: null });

export function nodePromises(kind: string, make: MakeFixture): void {
  describe(`nodes in ${kind}`, () => {
    it("a node that registers comes back with all it said, online, in its first life", (t) => {
      const fixture = make(t);
      const means = {
        cpu: { model: "x", cores: 8 },
        memoryBytes: 1e9,
        gpus: [{ name: "g", memoryBytes: 2e9 }],
        models: ["lama"],
      };
      const said = {
        ipAddress: "127.0.0.1",
        tailscaleIp: "100.64.0.1",
        port: 5555,
        tags: ["gpu", "süd 🌍"],
        costPerHour: 0.25,
        softwareVersion: "1.2.3",
        publicKey: "key",
        provider: "serverless",
        maxConcurrentTasks: 3,
      };
      introduce(fixture, "a", { ...said, means, skills: [skill("paint", 0.5), skill("erase")] });
      const node = fixture.call("node", "a");
      assert.deepEqual({ ...node, ...said }, node);
      assert.deepEqual(node?.means, means);
      assert.deepEqual(node?.skills, [skill("erase"), skill("paint", 0.5)]);
      assert.equal(node?.status, "online");
      assert.equal(node?.incarnation, 1);
      assert.equal(node?.registeredAt, fixture.nowMs);
      assert.equal(node?.leaseExpiresAt, fixture.nowMs + leaseMs);
    });

    it("a new life counts on, keeps what was counted, and supersedes the old one", (t) => {
      const fixture = make(t);
      introduce(fixture, "a", { tags: ["x"] });
      fixture.call("countNodeTask", { node: "a", outcome: "completed", runMs: 500 });
      fixture.nowMs += 5;
      const second = introduce(fixture, "a");
      assert.equal(second.kind === "saved" && second.node.incarnation, 2);
      assert.equal(second.kind === "saved" && second.node.tasksTotal, 1);
      assert.deepEqual(second.kind === "saved" && second.node.tags, ["x"]);
      assert.deepEqual(beat(fixture, "a"), { kind: "superseded", incarnation: 2 });
      assert.deepEqual(introduce(fixture, "a", { incarnation: 1 }), {
        kind: "superseded",
        incarnation: 2,
      });
      assert.equal(beat(fixture, "a", { incarnation: 3 }).kind, "not_found");
      assert.equal(beat(fixture, "a", { incarnation: 2 }).kind, "heard");
    });

    it("a change that was based on another version than stands is refused and changes nothing", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      const change = { node: "a", version: 1, changes: { tags: ["one"], port: 1 } };
      assert.equal(fixture.call("updateNode", change).kind, "saved");
      assert.deepEqual(fixture.call("updateNode", { ...change, changes: { tags: ["two"] } }), {
        kind: "stale",
        version: 2,
      });
      assert.deepEqual(fixture.call("node", "a")?.tags, ["one"]);
      assert.equal(fixture.call("updateNode", { node: "b", changes: {} }).kind, "not_found");
    });

    it("a beat extends the lease and tells missed beats; a late one changes nothing", (t) => {
      const fixture = make(t);
      introduce(fixture, "a");
      assert.deepEqual(beat(fixture, "a", { seq: 1 }), {
        kind: "heard",
        status: "online",
        missed: 0,
      });
      fixture.nowMs += 100;
      assert.deepEqual(beat(fixture, "a", { seq: 4, cpuPercent: 99.5 }), {
        kind: "heard",
        status: "online",
        missed: 2,
      });
      assert.deepEqual(beat(fixture, "a", { seq: 3, cpuPercent: 1 }), { kind: "late" });
      const node = fixture.call("node", "a");
      assert.equal(node?.cpuPercent, 99.5);
      assert.equal(node?.leaseExpiresAt, fixture.nowMs + leaseMs);
      assert.equal(node?.version, 1);
    });

    it("a node is busy while it has no room, and available otherwise, the least loaded first", (t) => {
      const fixture = make(t);
      for (const node of ["a", "b", "c"]) introduce(fixture, node, { maxConcurrentTasks: 4 });
      beat(fixture, "a", { runningTasks: 3 });
      beat(fixture, "b", { runningTasks: 4 });
      beat(fixture, "c", { runningTasks: 1 });
      assert.equal(statusOf(fixture, "b"), "busy");
      assert.deepEqual(names(fixture.call("availableNodes", 10)), ["c", "a"]);
      assert.deepEqual(names(fixture.call("onlineNodes", 10)), ["a", "b", "c"]);
      beat(fixture, "b", { runningTasks: 0 });
      assert.deepEqual(names(fixture.call("availableNodes", 1)), ["b"]);
    });

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
      assert.equal(swept.nextAt, leaseEnd + limits.nodeOfflineAfterMs);
      fixture.nowMs = leaseEnd + limits.nodeOfflineAfterMs;
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
      for (let failures = 1; failures < limits.nodeFailuresMax; failures++) fail();
      assert.equal(statusOf(fixture, "a"), "online");
      fail();
      assert.equal(statusOf(fixture, "a"), "quarantined");
      assert.deepEqual(fixture.call("availableNodes", 10), []);
      const first = fixture.call("node", "a")?.quarantinedUntil ?? 0;
      assert.equal(first, fixture.nowMs + limits.nodeQuarantineMsMin);
      fixture.nowMs = first;
      beat(fixture, "a");
      assert.equal(statusOf(fixture, "a"), "online");
      fail();
      const second = fixture.call("node", "a")?.quarantinedUntil ?? 0;
      assert.equal(second, fixture.nowMs + 2 * limits.nodeQuarantineMsMin);
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

    it("a removed node is nowhere to be found, but its old life is still refused", (t) => {
      const fixture = make(t);
      introduce(fixture, "a", { skills: [skill("paint")] });
      introduce(fixture, "b");
      introduce(fixture, "a");
      assert.equal(fixture.call("removeNode", "a").kind, "removed");
      assert.equal(fixture.call("removeNode", "a").kind, "not_found");
      assert.equal(fixture.call("node", "a"), null);
      assert.deepEqual(names(fixture.call("nodes", { limit: 10 })), ["b"]);
      assert.deepEqual(fixture.call("nodesBySkill", { skill: "paint", limit: 10 }), []);
      assert.equal(beat(fixture, "a", { incarnation: 2 }).kind, "not_found");
      assert.equal(introduce(fixture, "a", { incarnation: 1 }).kind, "superseded");
      const back = introduce(fixture, "a");
      assert.equal(back.kind === "saved" && back.node.incarnation, 3);
    });

    it("nodes are found by a skill, by how well they have it, and no more once they lost it", (t) => {
      const fixture = make(t);
      introduce(fixture, "a", { skills: [skill("paint", 0.25), skill("erase")] });
      introduce(fixture, "b", { skills: [skill("paint", 0.75)] });
      const found = (level?: number) =>
        names(
          fixture.call("nodesBySkill", {
            skill: "paint",
            limit: 10,
            ...(level === undefined ? {} : { level }),
          }),
        );
      assert.deepEqual(found(), ["a", "b"]);
      assert.deepEqual(found(0.5), ["b"]);
      fixture.call("updateNode", { node: "b", changes: { skills: [skill("erase")] } });
      assert.deepEqual(found(), ["a"]);
      assert.deepEqual(fixture.call("node", "b")?.skills, [skill("erase")]);
    });

    it("unresponsive nodes are those not heard since then, longest silent first", (t) => {
      const fixture = make(t);
      for (const node of ["b", "a", "gone", "c"]) {
        introduce(fixture, node);
        fixture.nowMs += 1_000;
      }
      fixture.call("setNodeStatus", { node: "gone", status: "offline", reason: "left" });
      const found = fixture.call("unresponsiveNodes", {
        heardBefore: fixture.nowMs - 1_000,
        limit: 10,
      });
      assert.deepEqual(names(found), ["b", "a"]);
    });

    it("when all that may be known are known, the removed and the offline give way first", (t) => {
      const fixture = make(t);
      for (let index = 0; index < limits.nodesKnownMax; index++) {
        introduce(fixture, `n${index}`);
      }
      assert.deepEqual(introduce(fixture, "more"), { kind: "full", limit: limits.nodesKnownMax });
      fixture.call("setNodeStatus", { node: "n5", status: "offline", reason: "left" });
      fixture.call("removeNode", "n9");
      assert.equal(introduce(fixture, "more").kind, "saved");
      assert.equal(fixture.call("node", "n5")?.status, "offline");
      assert.equal(introduce(fixture, "even-more").kind, "saved");
      assert.equal(fixture.call("node", "n5"), null);
      assert.equal(introduce(fixture, "too-many").kind, "full");
    });

    it("skills form no circle, and are listed by name", (t) => {
      const fixture = make(t);
      const put = (name: string, dependsOn: string[]) =>
        fixture.call("putSkill", { skill: name, dependsOn }).kind;
      assert.equal(put("paint", []), "saved");
      assert.equal(put("inpaint", ["paint", "mask"]), "saved");
      assert.equal(put("mask", ["inpaint"]), "cycle");
      assert.equal(put("self", ["self"]), "cycle");
      assert.deepEqual(
        fixture.call("skills", 10).map((known) => known.skill),
        ["inpaint", "paint"],
      );
      assert.equal(fixture.call("dropSkill", "paint").kind, "removed");
      assert.equal(fixture.call("dropSkill", "paint").kind, "not_found");
    });

    it("what does not fit is refused with its place, and nothing is stored", (t) => {
      const fixture = make(t);
      assert.throws(() => introduce(fixture, "no name"), /invalid: registerNode/);
      assert.throws(() => introduce(fixture, "a", { port: 70_000 }), /invalid/);
      assert.throws(() => introduce(fixture, "a", { skills: [skill("x", Number.NaN)] }), /invalid/);
      assert.throws(() => fixture.call("nodes", { limit: 0 }), /invalid/);
      assert.deepEqual(fixture.call("nodes", { limit: 10 }), []);
    });
  });
}
