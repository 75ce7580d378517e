// What every back end must keep of nodes and skills.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limits } from "#protocols/limits.ts";
import { beat, introduce, leaseMs, names, skill, statusOf } from "./node-samples.ts";
import type { MakeFixture } from "./record-fixture.ts";

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

    it("a removed node is nowhere to be found, and must register before its beats count", (t) => {
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
      const back = introduce(fixture, "a");
      assert.equal(back.kind === "saved" && back.node.incarnation, 3);
    });

    it("a removed name starts anew, under any incarnation, with nothing of what it was", (t) => {
      const fixture = make(t);
      introduce(fixture, "a", { incarnation: 9, tags: ["old"], skills: [skill("paint")] });
      fixture.call("countNodeWork", { node: "a", completed: 3, failed: 9, runMs: 9, faults: 9 });
      const before = fixture.call("node", "a")?.version ?? 0;
      fixture.call("removeNode", "a");
      const back = introduce(fixture, "a", { incarnation: 2 });
      assert.equal(back.kind, "saved");
      const node = fixture.call("node", "a");
      assert.deepEqual([node?.incarnation, node?.status, node?.tags], [2, "online", []]);
      assert.deepEqual([node?.tasksTotal, node?.failuresInRow, node?.skills], [0, 0, []]);
      assert.ok((node?.version ?? 0) > before);
      assert.equal(beat(fixture, "a", { incarnation: 2 }).kind, "heard");
      assert.equal(introduce(fixture, "a", { incarnation: 1 }).kind, "superseded");
      assert.deepEqual(names(fixture.call("nodes", { limit: 10 })), ["a"]);
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

    it("skills form no circle, rest on what is there, and are listed by name", (t) => {
      const fixture = make(t);
      const put = (name: string, dependsOn: string[]) =>
        fixture.call("putSkill", { skill: name, dependsOn });
      assert.equal(put("paint", []).kind, "saved");
      assert.deepEqual(put("inpaint", ["paint", "mask"]), { kind: "unknown", missing: ["mask"] });
      assert.equal(put("inpaint", ["paint", "paint"]).kind, "saved");
      assert.equal(put("mask", ["inpaint"]).kind, "saved");
      const ring = ["paint", "mask", "inpaint", "paint"];
      assert.deepEqual(put("paint", ["mask"]), { kind: "cycle", ring });
      assert.deepEqual(put("self", ["self"]), { kind: "cycle", ring: ["self", "self"] });
      assert.deepEqual(
        fixture.call("skills", 10).map((known) => [known.skill, known.dependsOn]),
        [
          ["inpaint", ["paint"]],
          ["mask", ["inpaint"]],
          ["paint", []],
        ],
      );
      assert.deepEqual(fixture.call("dropSkill", "paint"), { kind: "needed", by: ["inpaint"] });
      for (const name of ["mask", "inpaint"]) fixture.call("dropSkill", name);
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
