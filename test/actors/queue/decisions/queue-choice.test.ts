import assert from "node:assert/strict";
import { test } from "node:test";
import { demandOf } from "#actors/queue/decisions/demand.ts";
import { type QueueLoad, rankedQueues } from "#actors/queue/decisions/queue-choice.ts";
import { QueueDesk } from "#actors/queue/queue-desk.ts";
import { QueueRulebook } from "#actors/queue/queue-rulebook.ts";
import type { DemandRule } from "#protocols/tasks/demand-rules.ts";
import { planOf, pngOf, submissionOf } from "../queue-bench.ts";

const photo = (width: number, height: number, parameters = {}) =>
  submissionOf({
    parameters,
    inputs: [{ name: "image", contentType: "image/png", bytes: pngOf(width, height) }],
  });

const free: QueueLoad = {
  ...{ pending: 0, running: 0, isPaused: false },
  ...{ slots: 1, runMsMean: null, room: "free" },
};

const chosen = (
  plans: Parameters<typeof rankedQueues>[0],
  submission = submissionOf(),
  loads: Readonly<Record<string, QueueLoad>> = {},
) =>
  rankedQueues(
    plans,
    { ...submission, demand: demandOf(submission) },
    ({ queue }) => loads[queue] ?? free,
  )[0]?.queue;

test("large pictures ask for a GPU first, small ones for little, plugins for their own", () => {
  assert.deepEqual(demandOf(photo(1_000, 1_000)).classes, ["gpu", "cpu-heavy", "serverless"]);
  assert.equal(demandOf(photo(999, 1_000)).classes[0], "cpu-light");
  assert.deepEqual(demandOf(submissionOf({ type: "plugin:watermark" })).classes, ["plugin"]);
  const bytes = new Uint8Array(1024 * 1024);
  const blob = { name: "blob", contentType: "application/octet-stream", bytes };
  assert.equal(demandOf(submissionOf({ inputs: [blob] })).classes[0], "gpu");
});

const MiB = 1024 * 1024;
const rules: readonly DemandRule[] = [
  { models: ["lama"], types: ["trial"], classes: ["cpu-light"] },
  {
    models: ["lama"],
    classes: ["gpu", "serverless"],
    bytesPerPixel: 400,
    machine: { memoryBytes: 900 * MiB, gpuMemoryBytes: 0 },
  },
  { models: ["blur"], heavyPixelsMin: 50_000_000, bytesPerPixel: 4 },
  { types: ["plugin:ocr"], machine: { cores: 4 } },
];

test("what a model asks is its own base and its own share of each pixel, by the first rule that fits", () => {
  const of = (terms: Parameters<typeof submissionOf>[0], side = 1_000) =>
    demandOf({ ...photo(side, side), ...terms }, rules);
  const lama = of({ model: "lama" });
  assert.deepEqual(lama.classes, ["gpu", "serverless"]);
  // 900 MiB and 400 MB, in steps of 256 MiB.
  assert.deepEqual(lama.machine, { memoryBytes: 1_536 * MiB, gpuMemoryBytes: 0 });
  assert.equal(of({ model: "lama" }, 4_000).machine.memoryBytes, 7_168 * MiB);
  assert.deepEqual(of({ model: "lama@2" }), lama, "whichever version it is");
  assert.deepEqual(of({ model: "lama", type: "trial" }).classes, ["cpu-light"]);
  const blur = of({ model: "blur" }, 5_000);
  assert.deepEqual([blur.classes[0], blur.machine], ["cpu-light", {}]);
  assert.equal(of({ model: "other" }, 5_000).classes[0], "gpu", "no rule: by the picture");
  const plugin = of({ model: "x", type: "plugin:ocr" });
  assert.deepEqual([plugin.classes, plugin.machine], [["plugin"], { cores: 4 }]);
  const own = of({ model: "lama", machine: { memoryBytes: 8_192 * MiB, cores: 2 } });
  assert.deepEqual(own.machine, { cores: 2, memoryBytes: 8_192 * MiB, gpuMemoryBytes: 0 });
});

test("a model of which a version is asked for is no other model of that beginning", () => {
  const classes = demandOf({ ...photo(10, 10), model: "lama-fast" }, rules).classes;
  assert.equal(classes[0], "cpu-light");
});

test("a picture that is made smaller first counts as what it is made", () => {
  const resized = { hdStrategy: "Resize", hdStrategyResizeLimit: 512 };
  assert.equal(demandOf(photo(8_000, 6_000, resized)).pixels, 512 * 512);
  assert.equal(demandOf(photo(100, 100, resized)).pixels, 10_000);
  const unsaid = { hdStrategy: "Resize" };
  assert.equal(demandOf(photo(8_000, 6_000, unsaid)).pixels, 2_048 * 2_048, "its default");
  assert.equal(
    demandOf(photo(8_000, 6_000, { ...resized, hdStrategy: "Crop" })).pixels,
    48_000_000,
  );
  assert.equal(demandOf(photo(8_000, 6_000)).cost, 48);
});

test("a header that says more than there is makes no demand that nothing can say", () => {
  const { pixels, cost, machine } = demandOf(photo(2 ** 31 - 1, 2 ** 31 - 1));
  assert.deepEqual([pixels, cost], [50_000_000, 50]);
  assert.ok((machine.memoryBytes ?? 0) < 1.1e9);
});

test("a task goes to a queue of the best class that takes its type, model and size", () => {
  const plans = [
    planOf("light", { pixelsMax: 500_000 }),
    planOf("heavy", { class: "cpu-heavy" }),
    planOf("faces", { types: ["face"] }),
    planOf("other", { models: ["lama"] }),
  ];
  assert.equal(chosen(plans, photo(500, 1_000)), "light");
  assert.equal(chosen(plans, photo(501, 1_000)), "heavy");
  assert.equal(chosen(plans, photo(2_000, 1_000)), "heavy");
  assert.equal(chosen([plans[2] ?? planOf("")], submissionOf({ type: "face" })), "faces");
  assert.equal(chosen(plans.slice(2), submissionOf()), undefined);
  assert.equal(chosen([], submissionOf()), undefined);
});

test("of equal queues the one where it would begin first is taken, by pace and slots", () => {
  const plans = [planOf("a"), planOf("b")];
  const load = (pending: number, slots: number, runMsMean: number | null = null): QueueLoad => ({
    ...{ ...free, pending, slots, runMsMean },
  });
  assert.equal(chosen(plans, submissionOf(), { a: load(4, 1), b: load(4, 2) }), "b");
  assert.equal(chosen(plans, submissionOf(), { a: load(2, 1, 5_000), b: load(9, 1, 500) }), "b");
  assert.equal(chosen(plans, submissionOf(), { a: load(0, 0), b: load(900, 1) }), "b");
  assert.equal(chosen(plans), "a", "of equals the first in the file");
});

test("a worse class is taken when it saves a second a step, a paid one when it saves ten more", () => {
  const plans = [
    planOf("gpu", { class: "gpu" }),
    planOf("cpu", { class: "cpu-heavy" }),
    planOf("cloud", { class: "serverless" }),
  ];
  const busy = (seconds: number): QueueLoad => ({ ...free, pending: seconds, runMsMean: 1_000 });
  const large = photo(2_000, 2_000);
  assert.equal(chosen(plans, large, { gpu: busy(1) }), "gpu");
  assert.equal(chosen(plans, large, { gpu: busy(2) }), "cpu");
  assert.equal(chosen(plans, large, { gpu: busy(11), cpu: busy(11) }), "gpu");
  assert.equal(chosen(plans, large, { gpu: busy(13), cpu: busy(12) }), "cloud");
});

test("a task costs what it is, whether it names its queue or is sent to it", () => {
  const desk = new QueueDesk(
    new QueueRulebook().plan({ queues: [planOf("large", { class: "cpu-heavy" })] }),
  );
  const workers = { slotsFor: () => 1, isBatching: () => false };
  const large = photo(8_000, 5_000);
  for (const submission of [large, { ...large, queue: "large" }]) {
    const routes = [...desk.routes(submission, workers)];
    assert.deepEqual(
      routes.map(({ cost }) => cost),
      [40],
    );
  }
});

test("a queue whose workers are all busy comes after an idle one, then one that is paused or full, and last one that refuses it", () => {
  const plans = [planOf("a"), planOf("b")];
  const load = (terms: Partial<QueueLoad>): QueueLoad => ({ ...free, ...terms });
  assert.equal(chosen(plans, submissionOf(), { a: load({ running: 1 }) }), "b");
  assert.equal(chosen(plans, submissionOf(), { a: load({ running: 1, slots: 2 }) }), "a");
  const busy = load({ pending: 9, running: 1, runMsMean: 60_000 });
  assert.equal(chosen(plans, submissionOf(), { a: load({ isPaused: true }), b: busy }), "b");
  const alone = load({ slots: 0 });
  assert.equal(chosen(plans, submissionOf(), { a: load({ isPaused: true }), b: alone }), "b");
  assert.equal(chosen(plans, submissionOf(), { a: load({ room: "full" }), b: alone }), "b");
  const full = load({ isPaused: true, room: "full" });
  assert.equal(chosen(plans, submissionOf(), { a: load({ room: "refuses" }), b: full }), "b");
});
