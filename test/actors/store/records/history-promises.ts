// What every back end must keep of metrics, API keys, the audit log and models.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import { type MetricPoint, metricLabelsText } from "#protocols/tasks/metric-records.ts";
import type { MakeFixture, RecordFixture } from "./record-fixture.ts";

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
const hourMs = 3_600_000;

export function historyPromises(kind: string, make: MakeFixture): void {
  describe(`metrics in ${kind}`, () => {
    const point = (at: number, value: number, changes: Partial<MetricPoint> = {}): MetricPoint => ({
      name: "latency_ms",
      at,
      count: 1,
      sum: value,
      min: value,
      max: value,
      ...changes,
    });
    const read = (fixture: RecordFixture, stepMs: 10_000 | 60_000 | 3_600_000, labels = "") =>
      fixture.call("metrics", {
        name: "latency_ms",
        labels,
        stepMs,
        from: 0,
        to: fixture.nowMs + hourMs,
        limit: 1_000,
      });

    it("points are added up in steps of ten seconds, a minute and an hour", (t) => {
      const fixture = make(t);
      const hour = fixture.nowMs - (fixture.nowMs % hourMs);
      fixture.nowMs = hour + 120_000;
      const points = [point(hour, 5), point(hour + 9_999, 1.5), point(hour + 60_000, 10)];
      assert.deepEqual(fixture.call("recordMetrics", points), { recorded: 3, dropped: 0 });
      const figures = (stepMs: 10_000 | 60_000 | 3_600_000) =>
        read(fixture, stepMs).map(({ at, count, sum, min, max }) => [
          at - hour,
          count,
          sum,
          min,
          max,
        ]);
      assert.deepEqual(figures(10_000), [
        [0, 2, 6.5, 1.5, 5],
        [60_000, 1, 10, 10, 10],
      ]);
      assert.deepEqual(figures(60_000), [
        [0, 2, 6.5, 1.5, 5],
        [60_000, 1, 10, 10, 10],
      ]);
      assert.deepEqual(figures(3_600_000), [[0, 3, 16.5, 1.5, 10]]);
    });

    it("a range is read from inclusive to exclusive, and series by their labels", (t) => {
      const fixture = make(t);
      const start = fixture.nowMs - (fixture.nowMs % 10_000) - 50_000;
      const labels = metricLabelsText({ queue: "a", node: "n" });
      assert.equal(labels, metricLabelsText({ node: "n", queue: "a" }));
      const points = [0, 1, 2, 3].map((step) => point(start + step * 10_000, step + 1));
      fixture.call("recordMetrics", [...points, point(start, 7, { labels })]);
      const range = { name: "latency_ms", stepMs: 10_000, from: start + 10_000 } as const;
      const found = fixture.call("metrics", { ...range, to: start + 30_000, limit: 10 });
      assert.deepEqual(
        found.map(({ sum }) => sum),
        [2, 3],
      );
      assert.deepEqual(
        read(fixture, 10_000, labels).map(({ sum }) => sum),
        [7],
      );
      const series = { name: "latency_ms", limit: 10, stepMs: 60_000 } as const;
      assert.deepEqual(fixture.call("metricSeries", { ...series, from: 0 }), ["", labels]);
      assert.deepEqual(fixture.call("metricSeries", { ...series, from: fixture.nowMs + 1 }), []);
    });

    it("histograms of the same buckets are added; other buckets are dropped and counted", (t) => {
      const fixture = make(t);
      const histogram = (...counts: number[]) => new Uint8Array(new Uint32Array(counts).buffer);
      const at = fixture.nowMs;
      const add = (...counts: number[]) =>
        fixture.call("recordMetrics", [point(at, 1, { histogram: histogram(...counts) })]);
      add(1, 2);
      add(3, 0xffff_ffff);
      assert.deepEqual(add(1, 2, 3), { recorded: 0, dropped: 1 });
      assert.deepEqual(fixture.call("recordMetrics", [point(at, 1)]), { recorded: 0, dropped: 1 });
      const [bucket] = read(fixture, 3_600_000);
      assert.deepEqual(new Uint8Array(bucket?.histogram ?? []), histogram(4, 0xffff_ffff));
      assert.equal(bucket?.count, 2);
    });

    it("points too old or too far ahead are dropped, and old buckets are forgotten by their step", (t) => {
      const fixture = make(t);
      const old = point(fixture.nowMs - storeLimits.metricAgeMsMax, 1);
      const ahead = point(fixture.nowMs + storeLimits.metricAheadMsMax + 1, 1);
      const fit = point(fixture.nowMs, 1);
      assert.deepEqual(fixture.call("recordMetrics", [old, ahead, fit]), {
        recorded: 1,
        dropped: 2,
      });
      const counts = () =>
        ([10_000, 60_000, 3_600_000] as const).map((step) => read(fixture, step).length);
      fixture.nowMs += storeLimits.metricRawTtlMs + 10_000;
      assert.equal(fixture.call("sweepRecords", 10).purged, 1);
      assert.deepEqual(counts(), [0, 1, 1]);
      fixture.nowMs += storeLimits.metricMinuteTtlMs;
      fixture.call("sweepRecords", 10);
      assert.deepEqual(counts(), [0, 0, 1]);
      fixture.nowMs += storeLimits.metricHourTtlMs;
      fixture.call("sweepRecords", 10);
      assert.deepEqual(counts(), [0, 0, 0]);
    });
  });

  describe(`API keys in ${kind}`, () => {
    const create = (fixture: RecordFixture, keyId: string, changes: object = {}) =>
      fixture.call("createKey", {
        keyId,
        hash: hashOf(keyId),
        owner: "ann",
        scopes: ["submit", "read"],
        rateLimit: { perSecond: 2.5, burst: 10 },
        ...changes,
      });

    it("a key is known by its hash alone, which no answer shows", (t) => {
      const fixture = make(t);
      assert.equal(create(fixture, "k1").kind, "saved");
      const verified = fixture.call("verifyKey", hashOf("k1"));
      assert.equal(verified.kind === "valid" && verified.key.owner, "ann");
      assert.deepEqual(verified.kind === "valid" && verified.key.scopes, ["submit", "read"]);
      assert.equal(fixture.call("verifyKey", hashOf("other")).kind, "unknown");
      assert.throws(() => fixture.call("verifyKey", "k1"), /invalid/);
      const shown = JSON.stringify([verified, fixture.call("keys", { limit: 10 })]);
      assert.ok(!shown.includes(hashOf("k1")));
    });

    it("neither an id nor a hash is given twice", (t) => {
      const fixture = make(t);
      create(fixture, "k1");
      assert.equal(create(fixture, "k1", { hash: hashOf("x") }).kind, "taken");
      assert.equal(create(fixture, "k2", { hash: hashOf("k1") }).kind, "taken");
      assert.equal(fixture.call("verifyKey", hashOf("x")).kind, "unknown");
    });

    it("revoked and expired keys are told apart, and are of no use", (t) => {
      const fixture = make(t);
      create(fixture, "k1");
      create(fixture, "k2", { expiresAt: fixture.nowMs + 1_000 });
      assert.equal(fixture.call("revokeKey", "k1").kind, "revoked");
      assert.equal(fixture.call("revokeKey", "k1").kind, "already");
      assert.equal(fixture.call("revokeKey", "k9").kind, "not_found");
      assert.deepEqual(fixture.call("verifyKey", hashOf("k1")), { kind: "revoked", keyId: "k1" });
      assert.equal(fixture.call("verifyKey", hashOf("k2")).kind, "valid");
      fixture.nowMs += 1_000;
      assert.deepEqual(fixture.call("verifyKey", hashOf("k2")), { kind: "expired", keyId: "k2" });
    });

    it("use is noted, once in a while", (t) => {
      const fixture = make(t);
      create(fixture, "k1");
      const used = () => fixture.call("keys", { owner: "ann", limit: 1 })[0]?.lastUsedAt;
      assert.equal(used(), null);
      const first = fixture.nowMs;
      fixture.call("verifyKey", hashOf("k1"));
      fixture.nowMs = first + storeLimits.keyUseNotedMs - 1;
      fixture.call("verifyKey", hashOf("k1"));
      assert.equal(used(), first);
      fixture.nowMs += 1;
      fixture.call("verifyKey", hashOf("k1"));
      assert.equal(used(), fixture.nowMs);
    });

    it("keys are listed by owner, in pages", (t) => {
      const fixture = make(t);
      for (const keyId of ["k3", "k1", "k2"]) create(fixture, keyId);
      create(fixture, "k0", { owner: "bob" });
      const ids = (request: { owner?: string; after?: string }) =>
        fixture.call("keys", { limit: 2, ...request }).map(({ keyId }) => keyId);
      assert.deepEqual(ids({}), ["k0", "k1"]);
      assert.deepEqual(ids({ owner: "ann" }), ["k1", "k2"]);
      assert.deepEqual(ids({ owner: "ann", after: "k2" }), ["k3"]);
    });

    it("the audit log counts on, is read newest first, and ends after its time", (t) => {
      const fixture = make(t);
      const entry = (actor: string | null, action: string) => ({ actor, action, target: null });
      assert.equal(fixture.call("appendAudit", [entry("ann", "a"), entry(null, "b")]), 2);
      assert.equal(fixture.call("appendAudit", [entry("ann", "c")]), 3);
      const actions = (request: object) =>
        fixture.call("audit", { limit: 10, ...request }).map(({ action }) => action);
      assert.deepEqual(actions({}), ["c", "b", "a"]);
      assert.deepEqual(actions({ actor: "ann" }), ["c", "a"]);
      assert.deepEqual(actions({ before: 3 }), ["b", "a"]);
      fixture.nowMs += storeLimits.auditTtlMs + 1;
      assert.equal(fixture.call("sweepRecords", 2).purged, 2);
      assert.deepEqual(actions({}), ["c"]);
      assert.equal(fixture.call("appendAudit", [entry("ann", "d")]), 4);
    });
  });

  describe(`models in ${kind}`, () => {
    const terms = {
      name: "lama",
      config: '{"max":4}',
      versionPolicy: "latest",
      aliases: { best: 2 },
    };
    const version = (number: number, content = "x") => ({
      name: "lama",
      version: number,
      sha256: hashOf(content),
      bytes: 10,
      path: `lama/${number}`,
    });

    it("a version goes through its states, and remembers when and why", (t) => {
      const fixture = make(t);
      assert.equal(fixture.call("putModelVersion", version(1)).kind, "not_found");
      fixture.call("putModel", terms);
      assert.deepEqual(fixture.call("model", "lama"), { ...terms, updatedAt: fixture.nowMs });
      assert.equal(fixture.call("putModelVersion", version(1)).kind, "saved");
      const set = (state: "loading" | "ready" | "unavailable", more: object = {}) =>
        fixture.call("setModelState", { name: "lama", version: 1, state, ...more });
      assert.deepEqual(set("ready"), { kind: "illegal", from: "unknown" });
      assert.deepEqual(set("loading"), { kind: "set", former: "unknown" });
      assert.equal(set("ready", { warmupMs: 12.5 }).kind, "set");
      assert.equal(fixture.call("dropModel", "lama").kind, "loaded");
      fixture.nowMs += 5;
      assert.equal(set("unavailable", { reason: "disk" }).kind, "set");
      const [known] = fixture.call("modelVersions", { name: "lama", limit: 10 });
      assert.deepEqual(
        [known?.loadedAt, known?.unloadedAt, known?.reason, known?.warmupMs],
        [fixture.nowMs - 5, fixture.nowMs, "disk", 12.5],
      );
    });

    it("a version with other content is no other version, and a model goes with all of its own", (t) => {
      const fixture = make(t);
      fixture.call("putModel", terms);
      for (const number of [1, 2, 10]) fixture.call("putModelVersion", version(number));
      assert.equal(fixture.call("putModelVersion", version(2, "y")).kind, "conflict");
      const numbers = () =>
        fixture.call("modelVersions", { name: "lama", limit: 2 }).map((known) => known.version);
      assert.deepEqual(numbers(), [10, 2]);
      assert.throws(() => fixture.call("putModel", { ...terms, config: "[]" }), /invalid/);
      assert.equal(fixture.call("dropModel", "lama").kind, "removed");
      assert.deepEqual(numbers(), []);
      assert.deepEqual(fixture.call("models", 10), []);
      assert.deepEqual(fixture.problems(), []);
    });
  });
}
