// Engines that come and go with the load, on virtual time.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Failure } from "#protocols/failure.ts";
import type { ScalingTerms } from "#runtime/tasks/load-scaling.ts";
import { model, openRepository, type RepositoryStage, version } from "./repository-stage.ts";

function scalingIn(config: Readonly<Record<string, number>>): ScalingTerms {
  const { scaling } = settingsOf({ scaling: config }, "config.json");
  assert.ok(scaling);
  return scaling;
}

const scaled = (config: Readonly<Record<string, number>>, memoryBytesMax?: number) => [
  model([version(1)], {
    scaling: scalingIn(config),
    ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
  }),
];

async function enginesOf(stage: RepositoryStage) {
  const [told] = await stage.until(stage.models.statistics({ name: "eraser" }));
  assert.ok(told);
  return told.engines;
}

/** Settles with how long each took. */
function burst(stage: RepositoryStage, count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, () => stage.repair("eraser")));
}

describe("engines of a version", () => {
  it("become more while the load lasts, and fewer when it is over", async () => {
    const stage = openRepository(scaled({ min: 1, max: 3, itemsPerEngine: 2 }));
    stage.script.requestsMax = 2;
    stage.script.runMs = 2_000;
    await stage.until(stage.models.settled());
    const all = burst(stage, 40);
    await stage.advance(14_000);
    assert.equal(stage.script.alive, 3);
    const busy = await enginesOf(stage);
    assert.deepEqual([busy.ready + busy.starting, busy.ups, busy.wanted], [3, 2, 3]);
    assert.match(busy.lastChange ?? "", /^2 engines become 3: \d+ wait and \d+ run$/);
    await stage.until(all);
    await stage.advance(299_000);
    assert.equal(stage.script.alive, 3, "for five minutes none leaves");
    await stage.advance(20_000);
    const idle = await enginesOf(stage);
    assert.deepEqual([idle.ready, idle.leaving, idle.downs, idle.waiting], [1, 0, 2, 0]);
    assert.equal(stage.script.alive, 1);
    await stage.stop();
  });

  it("end, where none need be, and the first request gets one", async () => {
    const stage = openRepository(scaled({ min: 0, max: 2, zeroAfterMs: 60_000 }));
    await stage.until(stage.models.settled());
    await stage.advance(58_000);
    assert.equal(stage.script.alive, 1);
    await stage.advance(3_000);
    assert.equal(stage.script.alive, 0);
    assert.deepEqual(stage.told.at(-1), ["eraser", "eraser@1"], "it is served all the same");
    const first = stage.repair("eraser");
    await stage.advance(500);
    assert.deepEqual((await enginesOf(stage)).waiting, 1);
    assert.equal(await stage.until(first, 700), 1);
    await stage.stop();
    assert.equal(stage.script.alive, 0);
  });

  it("serve all others when the request that had one started is not waited for any more", async () => {
    const stage = openRepository(scaled({ min: 0, max: 2, zeroAfterMs: 2_000 }));
    await stage.until(stage.models.settled());
    await stage.advance(8_000);
    assert.equal(stage.script.alive, 0);
    const withdrawal = new AbortController();
    const asked = { model: "eraser", files: [], parameters: {} };
    const { signal } = withdrawal;
    const withdrawn = stage.models.$.with({ signal }).run(asked);
    withdrawn.catch(() => undefined);
    await stage.advance(100);
    withdrawal.abort();
    await assert.rejects(withdrawn, { code: "cancelled" });
    await stage.advance(1_500);
    assert.equal(await stage.until(stage.repair("eraser"), 1_500), 1);
    await stage.advance(8_000);
    assert.equal(stage.script.alive, 0);
    await assert.rejects(stage.until(stage.models.$.with({ within: 300 }).run(asked)), {
      code: "timeout",
    });
    assert.equal(await stage.until(stage.repair("eraser"), 1_500), 1);
    await stage.stop();
  });

  it("leave only when they have answered what they have", async () => {
    const terms = { min: 1, max: 2, itemsPerEngine: 1, upAfterMs: 1_000, downAfterMs: 5_000 };
    const stage = openRepository(scaled(terms));
    stage.script.requestsMax = 1;
    stage.script.runMs = 30_000;
    await stage.until(stage.models.settled());
    const both = burst(stage, 2);
    await stage.advance(4_000);
    assert.equal(stage.script.alive, 2);
    await stage.advance(27_500);
    // The first one is done, the second has a while to go: whoever leaves is idle or waited for.
    assert.equal(await stage.until(both.then((done) => done.length)), 2);
    await stage.advance(20_000);
    assert.equal(stage.script.alive, 1);
    await stage.stop();
  });

  it("stay within the worker's memory, which another model gets back", async () => {
    const MiB = 1_048_576;
    const terms = { min: 1, max: 4, itemsPerEngine: 1, upAfterMs: 1_000, downAfterMs: 2_000 };
    const stage = openRepository(scaled(terms, 256 * MiB), { budgetBytes: 600 * MiB });
    await stage.until(stage.models.settled());
    stage.script.runMs = 10_000;
    stage.script.requestsMax = 1;
    const all = burst(stage, 6);
    await stage.advance(8_000);
    assert.equal(stage.script.alive, 2, "a third has no room");
    const told = await enginesOf(stage);
    assert.match(told.lastChange ?? "", /^no further engine for 30 s: it asks for 805306368 bytes/);
    await stage.until(all);
    await stage.advance(60_000);
    assert.equal(stage.script.alive, 1);
    await stage.stop();
  });

  it("stay within the machine's cores, but for the first", async () => {
    const terms = { min: 1, max: 4, itemsPerEngine: 1, upAfterMs: 1_000 };
    const stage = openRepository(scaled(terms), { threadsMax: 2 });
    stage.script.requestsMax = 1;
    stage.script.runMs = 5_000;
    await stage.until(stage.models.settled());
    const all = burst(stage, 8);
    await stage.advance(9_000);
    assert.equal(stage.script.alive, 2);
    assert.match(
      (await enginesOf(stage)).lastChange ?? "",
      /up to 3 run at a time, on 2 processors/,
    );
    await stage.until(all);
    await stage.stop();
  });

  it("that are lost beyond the minimum are not begun anew, and lose no request", async () => {
    const terms = { min: 1, max: 2, itemsPerEngine: 1, upAfterMs: 1_000 };
    const stage = openRepository(scaled(terms));
    stage.script.requestsMax = 1;
    stage.script.runMs = 3_000;
    await stage.until(stage.models.settled());
    stage.script.losses.set(1, [1_000]);
    const all = burst(stage, 6);
    await stage.advance(5_000);
    assert.equal(stage.script.alive, 1);
    assert.match((await enginesOf(stage)).lastChange ?? "", /^no further engine for 30 s: .*lost/);
    assert.deepEqual(await stage.until(all), [1, 1, 1, 1, 1, 1]);
    await stage.stop();
  });

  it("that cannot be started beyond the minimum harm nobody", async () => {
    const terms = { min: 1, max: 2, itemsPerEngine: 1, upAfterMs: 1_000 };
    const stage = openRepository(scaled(terms));
    stage.script.requestsMax = 1;
    stage.script.runMs = 3_000;
    await stage.until(stage.models.settled());
    stage.script.unloadable.set(1, { code: "model_failed", detail: "the disk is gone" });
    const all = burst(stage, 4);
    assert.deepEqual(await stage.until(all), [1, 1, 1, 1]);
    assert.deepEqual(await stage.index(), ["1 READY*"]);
    await stage.stop();
  });
});

describe("what waits for an engine", () => {
  it("is taken by priority, and leaves at once when it is withdrawn", async () => {
    const stage = openRepository([model([version(1)])]);
    stage.script.requestsMax = 1;
    await stage.until(stage.models.settled());
    const order: string[] = [];
    const ask = (name: string, priority: number, signal = new AbortController().signal) =>
      stage.models.$.with({ signal })
        .run({ model: "eraser", files: [], parameters: {}, priority })
        .then(
          () => order.push(name),
          (cause: unknown) => order.push(`${name} ${Failure.of(cause).code}`),
        );
    const stop = new AbortController();
    const all = [ask("first", 5), ask("calm", 9), ask("given up", 0, stop.signal)];
    await stage.advance(10);
    all.push(ask("urgent", 0), ask("usual", 2));
    stop.abort();
    await stage.advance(10);
    assert.deepEqual(order, ["given up cancelled"]);
    await stage.until(Promise.all(all));
    assert.deepEqual(order.slice(1), ["first", "urgent", "usual", "calm"]);
    await stage.stop();
  });

  it("fails when the version ends, whatever it had waited for", async () => {
    const stage = openRepository([model([version(1)])]);
    stage.script.runMs = 2_000;
    stage.script.requestsMax = 2;
    stage.script.losses.set(1, [1_000]);
    await stage.until(stage.models.settled());
    stage.script.unloadable.set(1, { code: "model_failed", detail: "it is no model any more" });
    const all = [1, 2, 3].map(() => {
      return stage.repair("eraser").then(String, (why: unknown) => Failure.of(why).code);
    });
    assert.deepEqual(await stage.until(Promise.all(all), 5_000), Array(3).fill("unavailable"));
    await stage.stop();
  });

  it("is refused when too many wait", async () => {
    const stage = openRepository([model([version(1)])]);
    stage.script.requestsMax = 1;
    await stage.until(stage.models.settled());
    const asked = await stage.until(
      Promise.allSettled(Array.from({ length: 258 }, () => stage.repair("eraser"))),
    );
    const refused = asked.flatMap((one) =>
      one.status === "rejected" ? [Failure.of(one.reason).code] : [],
    );
    assert.deepEqual(refused, ["queue_full"]);
    await stage.stop();
  });

  it("is begun and answered as it came where the model keeps the order", async () => {
    const plain = model([version(1)]);
    assert.ok(plain.kind === "model");
    const settings = { ...plain.settings, preservesOrder: true };
    const stage = openRepository([{ ...plain, settings }]);
    stage.script.requestsMax = 3;
    stage.script.runs = [{ from: 1, act: "wait", ms: 5_000 }];
    await stage.until(stage.models.settled());
    const order: number[] = [];
    const all = [9, 0, 5].map((priority) =>
      stage.repair("eraser", priority).then(() => order.push(priority)),
    );
    await stage.advance(1_000);
    assert.deepEqual(order, [], "those behind it are done, and wait for it");
    await stage.until(Promise.all(all));
    assert.deepEqual(order, [9, 0, 5]);
    await stage.stop();
  });
});

describe("a script of an engine", () => {
  it("fails, ends and delays the requests that it names", async () => {
    const stage = openRepository([model([version(1)])]);
    stage.script.runs = [
      { from: 2, act: "fail", code: "bad_image", detail: "as written" },
      { from: 3, act: "crash" },
    ];
    await stage.until(stage.models.settled());
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    const failed = await stage.until(stage.repair("eraser").catch(Failure.of));
    assert.ok(failed instanceof Failure);
    assert.deepEqual([failed.code, failed.detail], ["bad_image", "as written"]);
    // The third ends its engine, and is the first of the next one.
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    assert.equal(stage.script.started, 2);
    await stage.stop();
  });

  it("that ends each engine with one request fails that one", async () => {
    const stage = openRepository([model([version(1)])]);
    stage.script.runs = [{ from: 1, count: 9, act: "crash", detail: "on purpose" }];
    await stage.until(stage.models.settled());
    const failed = await stage.until(stage.repair("eraser").catch(Failure.of));
    assert.ok(failed instanceof Failure);
    assert.deepEqual(
      [failed.code, failed.detail],
      ["model_failed", "its engine ended when it ran alone: on purpose"],
    );
    await stage.advance(2_000);
    assert.equal(stage.script.started, 3);
    await stage.stop();
  });
});
