// What a store shows of itself, over back ends that keep something and refuse something.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { StoreCommand } from "#actors/store/backend.ts";
import { openBackend, type StorePlace } from "#actors/store/open-backend.ts";
import { redisMetrics } from "#actors/store/redis/redis-metrics.ts";
import { healthOf } from "#actors/store/redis/server-health.ts";
import { newStoreFigures } from "#actors/store/redis/store-figures.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import { submission } from "./sqlite/sqlite-store-fixture.ts";

async function shownOn(context: TestContext, kind: "memory" | "sqlite") {
  const folder = await mkdtemp(join(tmpdir(), "troupe-metrics-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const disk: StorePlace = { kind: "sqlite", path: join(folder, "tasks.sqlite") };
  const place: StorePlace = kind === "sqlite" ? disk : { kind };
  const at = { monotonicMs: 0, backMs: 0 };
  let figures: (() => FigureSource) | undefined;
  const show = (shown: () => FigureSource): void => {
    figures = shown;
  };
  const readings = {
    wallMs: () => Date.now() - at.backMs,
    monotonicMs: () => at.monotonicMs,
  };
  const backend = await openBackend({ ...place, show }, readings);
  context.after(() => backend.close());
  /** As a second look has it: the first one has it measured. */
  const seen = async (): Promise<FigureSource> => {
    assert.ok(figures);
    at.monotonicMs += 2_000;
    figures();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return figures();
  };
  return { backend, seen, at, call: (command: StoreCommand) => backend.call(command) };
}

const shownValue = ({ figures }: FigureSource, name: string, label?: string): number | undefined =>
  figures
    .find((figure) => figure.name === `troupe_store_${name}`)
    ?.samples.find(({ labels }) => label === undefined || Object.values(labels).includes(label))
    ?.value;

const boundOf = ({ bounds }: FigureSource, name: string) => {
  const { max, highest, reached } = bounds.find(({ bound }) => bound === name) ?? {};
  return { max, highest, reached };
};

for (const kind of ["memory", "sqlite"] as const) {
  test(`${kind}: rows and bytes that are bounded are shown with their bounds, and what was refused`, async (t) => {
    const { call, seen } = await shownOn(t, kind);
    const put = (skill: string) =>
      call({
        method: "putSkill",
        args: [{ skill, description: "", dependsOn: [], version: null }],
      });
    const { skillsMax: max } = storeLimits;
    const skills = Array.from({ length: max - 1 }, (_, index) => put(`skill-${index}`));
    await Promise.all(skills);
    assert.deepEqual(boundOf(await seen(), "skillsMax"), { max, highest: max - 1, reached: 0 });
    await put("last");
    await put("one-too-many");
    const shown = await seen();
    assert.deepEqual(boundOf(shown, "skillsMax"), { max, highest: max, reached: 1 });
    const kept = boundOf(shown, "keptInputBytesMax");
    assert.deepEqual(kept, { max: storeLimits.keptInputBytesMax, highest: 0, reached: 0 });
    assert.equal(boundOf(shown, "storeCallsWaitingMax").highest, 0);
    assert.ok((shownValue(shown, "calls_total") ?? 0) >= max + 1);
    if (kind === "sqlite") assert.ok((shownValue(shown, "file_bytes") ?? 0) > 0);
    if (kind === "sqlite") assert.ok((shownValue(shown, "commits_total") ?? 0) > 0);
  });
}

test("submissions that a queue refuses are counted by what was full, failures by their code", async (t) => {
  const { call, seen } = await shownOn(t, "memory");
  await call({ method: "setQueue", args: [{ queue: "small", pendingMax: 1 }] });
  for (let count = 0; count < 3; count += 1) {
    await call({ method: "submit", args: [submission({ queue: "small" })] });
  }
  await assert.rejects(call({ method: "setQueue", args: [{ queue: "" }] }), { code: "invalid" });
  const shown = await seen();
  assert.equal(shownValue(shown, "submissions_full_total", "tasks"), 2);
  assert.equal(shownValue(shown, "submissions_full_total", "bytes"), 0);
  assert.equal(shownValue(shown, "failures_total", "invalid"), 1);
});

test("each write of a lease that holds its task no more is counted, by what it was", async (t) => {
  const { backend, seen } = await shownOn(t, "memory");
  await backend.call({ method: "submit", args: [submission()] });
  const terms = { node: "a", incarnation: 1, models: ["m"], max: 1 };
  const [task] = await backend.call({ method: "claim", args: [terms] });
  assert.ok(task);
  const { taskId, fence, epoch } = task;
  const lease = { taskId, fence, epoch };
  await backend.call({ method: "progress", args: [{ lease, progress: 0.1, message: null }] });
  const stale = { ...lease, fence: fence + 1 };
  const result = { figures: {}, files: [] };
  await backend.call({ method: "complete", args: [{ lease: stale, result }] });
  await backend.call({ method: "complete", args: [{ lease, result }] });
  await backend.call({ method: "complete", args: [{ lease, result }] });
  await backend.call({ method: "progress", args: [{ lease, progress: 0.2, message: null }] });
  const failure = { code: "internal", detail: "late", class: "internal" } as const;
  await backend.call({ method: "fail", args: [{ lease, failure }] });
  await backend.call({ method: "heartbeat", args: [{ node: "a", leases: [lease] }] });
  const shown = await seen();
  const counted = ["progress", "complete", "fail", "release", "confirmRequest"].map((write) =>
    shownValue(shown, "stale_commits_total", write),
  );
  assert.deepEqual(counted, [1, 2, 1, 0, 0]);
});

test("a store whose machine's clock is set back shows by how much it is ahead", async (t) => {
  const { at, call, seen } = await shownOn(t, "memory");
  await call({ method: "ping", args: [] });
  at.backMs = 3_600_000;
  await call({ method: "ping", args: [] });
  const ahead = shownValue(await seen(), "clock_ahead_seconds") ?? 0;
  // Its monotonic clock has gone on by two seconds for the look, at half the speed.
  assert.ok(ahead > 3_590 && ahead <= 3_602, `${ahead}`);
});

test("Redis shows its server's memory and how its log gets to the disk", () => {
  const info = ["used_memory:1048576", "maxmemory:2097152", "aof_enabled:1", "aof_buffer_length:7"];
  const log = ["aof_delayed_fsync:3", "aof_pending_bio_fsync:1", "aof_last_write_status:err"];
  const health = healthOf([...info, ...log].join("\r\n"), new Map());
  const figures = { ...newStoreFigures(), sessionsTotal: 1, rememberedEntries: 5 };
  const waiting = [
    { calls: 2, bytes: 10 },
    { calls: 3, bytes: 4 },
  ];
  const shown = redisMetrics({ figures, health, waiting });
  assert.deepEqual([shown.waiting.calls, shown.waiting.bytes], [3, 10], "the fuller lane");
  const value = (name: string) => shown.figures.find((figure) => figure.name === name)?.value;
  assert.deepEqual(
    ["used_memory_bytes", "max_memory_bytes", "syncs_delayed_total", "syncs_pending"].map((name) =>
      value(`redis_${name}`),
    ),
    [1_048_576, 2_097_152, 3, 1],
  );
  assert.deepEqual([value("redis_log_buffer_bytes"), value("redis_log_failed")], [7, 1]);
  const plain = redisMetrics({ figures, health: undefined, waiting: [] });
  assert.ok(plain.figures.every(({ name }) => !name.startsWith("redis_")));
  assert.equal(plain.waiting.calls, 0);
});
