// What every back end must keep of configuration and control commands.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import type { MakeFixture, RecordFixture } from "./record-fixture.ts";

const draft = (fixture: RecordFixture, document: object, layer = "cluster", scope = "cluster") =>
  fixture.call("draftConfig", { layer, scope, document: JSON.stringify(document) }).version;

export function steeringPromises(kind: string, make: MakeFixture): void {
  describe(`configuration in ${kind}`, () => {
    it("a draft becomes active, and the one before it superseded", (t) => {
      const fixture = make(t);
      const one = draft(fixture, { a: 1 });
      const two = draft(fixture, { a: 2 });
      assert.equal(fixture.call("activeConfig", { layer: "cluster" }), null);
      const first = fixture.call("activateConfig", { version: one, expected: null });
      assert.deepEqual(first, { kind: "activated", version: one, superseded: null });
      fixture.nowMs += 10;
      const second = fixture.call("activateConfig", { version: two, expected: one });
      assert.deepEqual(second, { kind: "activated", version: two, superseded: one });
      const active = fixture.call("activeConfig", { layer: "cluster" });
      assert.equal(active?.document, '{"a":2}');
      assert.equal(active?.activatedAt, fixture.nowMs);
      assert.equal(fixture.call("configVersion", one)?.status, "superseded");
      const hash = createHash("sha256").update('{"a":2}').digest("hex");
      assert.equal(active?.sha256, hash);
    });

    it("of two who activate on the same footing, only the first does", (t) => {
      const fixture = make(t);
      const [one, two] = [draft(fixture, { a: 1 }), draft(fixture, { a: 2 })];
      fixture.call("activateConfig", { version: one, expected: null });
      assert.deepEqual(fixture.call("activateConfig", { version: two, expected: null }), {
        kind: "conflict",
        active: one,
      });
      assert.equal(fixture.call("configVersion", two)?.status, "draft");
      assert.deepEqual(fixture.call("activateConfig", { version: one, expected: one }), {
        kind: "not_draft",
        status: "active",
      });
      assert.equal(
        fixture.call("activateConfig", { version: 99, expected: one }).kind,
        "not_found",
      );
    });

    it("layers and scopes have each their own active version", (t) => {
      const fixture = make(t);
      const places = [
        ["cluster", "cluster"],
        ["cluster", "node-a"],
        ["queue", "cluster"],
      ] as const;
      for (const [layer, scope] of places) {
        const version = draft(fixture, { layer, scope }, layer, scope);
        const done = fixture.call("activateConfig", { version, expected: null });
        assert.equal(done.kind, "activated");
      }
      for (const [layer, scope] of places) {
        const active = fixture.call("activeConfig", { layer, scope });
        assert.equal(active?.document, JSON.stringify({ layer, scope }));
      }
    });

    it("going back makes an active copy that says of what, under the same comparison", (t) => {
      const fixture = make(t);
      const one = draft(fixture, { a: 1 });
      fixture.call("activateConfig", { version: one, expected: null });
      const two = draft(fixture, { a: 2 });
      assert.equal(fixture.call("rollbackConfig", { to: two, expected: one }).kind, "never_active");
      fixture.call("activateConfig", { version: two, expected: one });
      assert.deepEqual(fixture.call("rollbackConfig", { to: one, expected: one }), {
        kind: "conflict",
        active: two,
      });
      const back = fixture.call("rollbackConfig", { to: one, expected: two, author: "ann" });
      assert.deepEqual(back, { kind: "activated", version: 3, superseded: two });
      const active = fixture.call("activeConfig", { layer: "cluster" });
      assert.equal(active?.document, '{"a":1}');
      assert.equal(active?.rollbackOf, one);
      assert.equal(active?.author, "ann");
      assert.equal(fixture.call("configVersion", one)?.status, "superseded");
    });

    it("history is newest first, in pages, without documents", (t) => {
      const fixture = make(t);
      for (let index = 0; index < 5; index++) draft(fixture, { index });
      draft(fixture, {}, "other");
      const page = fixture.call("configHistory", { layer: "cluster", limit: 2 });
      assert.deepEqual(
        page.map(({ version }) => version),
        [5, 4],
      );
      assert.ok(page.every((entry) => !("document" in entry)));
      const rest = fixture.call("configHistory", { layer: "cluster", before: 4, limit: 10 });
      assert.deepEqual(
        rest.map(({ version }) => version),
        [3, 2, 1],
      );
    });

    it("the oldest version gives way when there are too many, the active one never", (t) => {
      const fixture = make(t);
      const first = draft(fixture, { first: true });
      fixture.call("activateConfig", { version: first, expected: null });
      for (let index = 0; index < storeLimits.configVersionsMax + 4; index++)
        draft(fixture, { index });
      const all = fixture.call("configHistory", { layer: "cluster", limit: 1_000 });
      assert.equal(all.length, storeLimits.configVersionsMax);
      assert.equal(fixture.call("activeConfig", { layer: "cluster" })?.version, first);
      assert.equal(fixture.call("configVersion", 2), null);
    });

    it("a document that is no JSON object, or too long, is refused; a rejected draft stays so", (t) => {
      const fixture = make(t);
      const refused = (document: string) =>
        assert.throws(() => fixture.call("draftConfig", { layer: "x", document }), /invalid/);
      for (const document of ["", "{", "[]", "null", "1"]) refused(document);
      refused(`{"a":"${"x".repeat(storeLimits.configDocumentLengthMax)}"}`);
      const version = draft(fixture, { a: 1 });
      assert.equal(version, 1);
      assert.equal(fixture.call("rejectConfig", { version, comment: "no" }).kind, "rejected");
      assert.equal(fixture.call("rejectConfig", { version }).kind, "not_draft");
      const late = fixture.call("activateConfig", { version, expected: null });
      assert.deepEqual(late, { kind: "not_draft", status: "rejected" });
    });
  });

  describe(`control commands in ${kind}`, () => {
    const begin = (fixture: RecordFixture, commandId: string, changes: object = {}) =>
      fixture.call("beginControl", {
        commandId,
        command: "PAUSE_NODE",
        node: "a",
        parameters: { hard: true },
        timeoutMs: 1_000,
        ...changes,
      });

    it("a command is begun once; the same again is told what became of it", (t) => {
      const fixture = make(t);
      assert.equal(begin(fixture, "c1").kind, "begun");
      fixture.call("noteControl", { commandId: "c1", step: "delivered" });
      const again = begin(fixture, "c1");
      assert.equal(again.kind === "known" && again.command.status, "delivered");
      assert.equal(begin(fixture, "c1", { command: "PING" }).kind, "conflict");
      assert.equal(begin(fixture, "c1", { parameters: { hard: false } }).kind, "conflict");
      assert.equal(begin(fixture, "c1", { node: "b" }).kind, "conflict");
    });

    it("each sending counts, and an acknowledgement stays one", (t) => {
      const fixture = make(t);
      begin(fixture, "c1");
      const deliver = () => fixture.call("noteControl", { commandId: "c1", step: "delivered" });
      deliver();
      fixture.nowMs += 5;
      deliver();
      fixture.call("noteControl", { commandId: "c1", step: "acknowledged" });
      deliver();
      const known = fixture.call("control", "c1");
      assert.equal(known?.attempts, 3);
      assert.equal(known?.deliveredAt, fixture.nowMs - 5);
      assert.equal(known?.status, "acknowledged");
    });

    it("the first end counts, and what comes later is told of it", (t) => {
      const fixture = make(t);
      begin(fixture, "c1");
      const finish = (status: "completed" | "failed") =>
        fixture.call("finishControl", { commandId: "c1", status, response: "paused" });
      assert.equal(finish("completed").kind, "noted");
      assert.deepEqual(finish("failed"), { kind: "ended", status: "completed" });
      assert.deepEqual(fixture.call("noteControl", { commandId: "c1", step: "delivered" }), {
        kind: "ended",
        status: "completed",
      });
      assert.equal(fixture.call("control", "c1")?.response, "paused");
      assert.equal(
        fixture.call("control", "c1")?.acknowledgedAt,
        fixture.nowMs,
        "who did it had it",
      );
      begin(fixture, "c2");
      fixture.call("finishControl", { commandId: "c2", status: "failed" });
      assert.equal(fixture.call("control", "c2")?.acknowledgedAt, null);
      assert.equal(
        fixture.call("finishControl", { commandId: "no", status: "failed" }).kind,
        "not_found",
      );
    });

    it("open commands come by their deadlines, and time out at them", (t) => {
      const fixture = make(t);
      begin(fixture, "late", { timeoutMs: 2_000 });
      begin(fixture, "soon", { timeoutMs: 1_000 });
      const open = () => fixture.call("openControls", 10).map(({ commandId }) => commandId);
      assert.deepEqual(open(), ["soon", "late"]);
      fixture.nowMs += 1_000;
      const swept = fixture.call("sweepRecords", 10);
      assert.deepEqual(swept.timedOut, ["soon"]);
      assert.equal(swept.nextAt, fixture.nowMs + 1_000);
      assert.deepEqual(open(), ["late"]);
      assert.equal(fixture.call("control", "soon")?.status, "timed_out");
    });

    it("a node's commands come newest first, in pages, and are forgotten long after they ended", (t) => {
      const fixture = make(t);
      for (const id of ["c1", "c2", "c3"]) {
        begin(fixture, id);
        fixture.nowMs += 10;
      }
      begin(fixture, "other", { node: "b" });
      const ids = (before?: number) =>
        fixture
          .call("controlsIssued", {
            node: "a",
            limit: 10,
            ...(before === undefined ? {} : { before }),
          })
          .map(({ commandId }) => commandId);
      assert.deepEqual(ids(), ["c3", "c2", "c1"]);
      assert.deepEqual(ids(fixture.nowMs - 10), ["c2", "c1"]);
      fixture.call("finishControl", { commandId: "c1", status: "completed" });
      fixture.nowMs += storeLimits.controlTtlMs + 1;
      assert.equal(fixture.call("sweepRecords", 10).purged, 1);
      assert.equal(fixture.call("control", "c1"), null);
      assert.equal(fixture.call("control", "c2")?.status, "timed_out");
    });

    it("the commands of all nodes, and of none, come newest first", (t) => {
      const fixture = make(t);
      for (const [id, terms] of [
        ["of-a", {}],
        ["of-none", { node: null }],
        ["look", { node: "b", command: "PING", isRead: true }],
        ["last", { node: null }],
      ] as const) {
        begin(fixture, id, terms);
        fixture.nowMs += 10;
      }
      const ids = (page: { readonly before?: number; readonly limit: number }) =>
        fixture.call("controlsIssued", page).map(({ commandId }) => commandId);
      assert.deepEqual(ids({ limit: 10 }), ["last", "look", "of-none", "of-a"]);
      assert.deepEqual(ids({ limit: 2 }), ["last", "look"]);
      assert.deepEqual(ids({ limit: 2, before: fixture.nowMs - 20 }), ["of-none", "of-a"]);
    });

    it("commands that only look have their ids, deadlines and pages with the others", (t) => {
      const fixture = make(t);
      const look = { command: "PING", isRead: true };
      begin(fixture, "c1");
      fixture.nowMs += 10;
      begin(fixture, "look", { ...look, timeoutMs: 500 });
      fixture.nowMs += 10;
      begin(fixture, "c2");
      assert.equal(begin(fixture, "look", look).kind, "known");
      assert.equal(begin(fixture, "look").kind, "conflict");
      assert.equal(begin(fixture, "c1", look).kind, "conflict");
      const ids = (before = fixture.nowMs + 1) =>
        fixture
          .call("controlsIssued", { node: "a", limit: 2, before })
          .map(({ commandId }) => commandId);
      assert.deepEqual(ids(), ["c2", "look"]);
      assert.deepEqual(ids(fixture.nowMs), ["look", "c1"]);
      const open = fixture.call("openControls", 2).map(({ commandId }) => commandId);
      assert.deepEqual(open, ["look", "c1"]);
      fixture.nowMs += 490;
      assert.deepEqual(fixture.call("sweepRecords", 10).timedOut, ["look"]);
      const late = fixture.call("finishControl", { commandId: "look", status: "completed" });
      assert.deepEqual(late, { kind: "ended", status: "timed_out" });
      fixture.nowMs += storeLimits.controlTtlMs + 1;
      assert.equal(fixture.call("sweepRecords", 10).purged, 1);
      assert.equal(fixture.call("control", "look"), null);
    });
  });
}
