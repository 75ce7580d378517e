import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { boundedTo, MemoryBudget } from "#actors/inference/repository/memory-budget.ts";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Failure } from "#protocols/failure.ts";
import { model, openRepository, version } from "./repository-stage.ts";

const GiB = 1024 ** 3;
const share = (name: string, bytes: number) => ({ name, version: 1, bytes });

describe("what is granted", () => {
  it("without a bound is what the model says, and counts for nothing", () => {
    const budget = new MemoryBudget(null);
    const wish = { instances: 2, memoryBytesMax: 5 * GiB };
    const granted = { kind: "granted", bytes: 0, engineBytesMax: 5 * GiB };
    assert.deepEqual(budget.ask(wish, [share("a", 99 * GiB)]), granted);
    assert.deepEqual(budget.bounds, []);
  });

  it("is all that is left, and not a byte more", () => {
    const budget = new MemoryBudget(4 * GiB);
    const held = [share("a", GiB)];
    const fits = { instances: 3, memoryBytesMax: GiB };
    assert.equal(budget.ask(fits, held).kind, "granted");
    assert.deepEqual(budget.bounds[0]?.highest, 4 * GiB);
    const refused = budget.ask({ instances: 3, memoryBytesMax: GiB + 1 }, held);
    assert.equal(
      refused.kind === "refused" ? refused.reason : "",
      "it asks for 3221225475 bytes of memory (3 × 1073741825), of the worker's 4294967296 are " +
        "3221225472 left (a@1 has 1073741824): unload a model, give one less memoryBytesMax in its " +
        "config.json, or the worker more",
    );
    assert.equal(budget.bounds[0]?.reached, 1);
    budget.holds([]);
    assert.equal(budget.bounds[0]?.highest, 0);
  });

  it("of a model that does not say is a quarter", () => {
    const grant = new MemoryBudget(4 * GiB).ask({ instances: 1, memoryBytesMax: null }, []);
    assert.deepEqual(grant, { kind: "granted", bytes: GiB, engineBytesMax: GiB });
  });

  it("bounds the engine, whose own bound may be smaller", () => {
    const granted = { kind: "granted", bytes: 8, engineBytesMax: 8 } as const;
    assert.deepEqual(boundedTo({ memoryBytesMax: 9 }, granted), { memoryBytesMax: 8 });
    assert.deepEqual(boundedTo({ memoryBytesMax: 7 }, granted), { memoryBytesMax: 7 });
    assert.deepEqual(boundedTo({}, granted), { memoryBytesMax: 8 });
    assert.deepEqual(boundedTo({}, { ...granted, engineBytesMax: null }), {});
  });

  it("a model that says less than a process needs is refused", () => {
    const isRefused = (why: unknown): boolean =>
      why instanceof Failure && /config\.json: memoryBytesMax /.test(why.detail);
    assert.throws(() => settingsOf({ memoryBytesMax: 1000 }, "config.json"), isRefused);
    assert.equal(settingsOf({}, "config.json").memoryBytesMax, null);
  });
});

const eraser = (memoryBytesMax: number) => model([version(1)], { memoryBytesMax });
const lama = (memoryBytesMax: number) => model([version(1)], { name: "lama", memoryBytesMax });

describe("a repository whose engines are bounded together", () => {
  it("does not load what does not fit, and does as soon as something has left", async () => {
    const stage = openRepository([eraser(3 * GiB), lama(2 * GiB)], {
      ...{ mode: "explicit" as const, load: ["eraser", "lama"], budgetBytes: 4 * GiB },
    });
    assert.deepEqual(await stage.until(stage.models.settled()), ["eraser", "eraser@1"]);
    const [, told] = await stage.index();
    assert.match(told ?? "", /^1 UNAVAILABLE: it asks for 2147483648 bytes .* 1073741824 left/);
    const order = stage.until(stage.models.load("lama"));
    await assert.rejects(order, (why) => why instanceof Failure && /eraser@1 has/.test(why.detail));
    assert.equal(stage.script.started, 1);
    await stage.until(stage.models.unload("eraser"));
    await stage.advance(5_000);
    assert.deepEqual(await stage.index(), ["1 UNAVAILABLE: it is not loaded", "1 READY*"]);
    await stage.stop();
  });

  it("a reload needs room for both, and is refused while the old one serves on", async () => {
    const stage = openRepository([eraser(3 * GiB)], { budgetBytes: 4 * GiB });
    await stage.until(stage.models.settled());
    const reload = stage.until(stage.models.reload("eraser"));
    await assert.rejects(reload, (why) => why instanceof Failure && why.code === "model_failed");
    assert.match(
      (await stage.index())[0] ?? "",
      /^1 READY\*: what was loaded before serves on: it asks for 3221225472 bytes/,
    );
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    await stage.stop();
    const roomy = openRepository([eraser(2 * GiB)], { budgetBytes: 4 * GiB });
    await roomy.until(roomy.models.settled());
    await roomy.until(roomy.models.reload("eraser"));
    assert.deepEqual([roomy.script.alive, roomy.script.started], [1, 2]);
    await roomy.stop();
  });
});
