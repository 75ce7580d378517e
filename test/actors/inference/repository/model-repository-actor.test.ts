import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { model, openRepository, type RepositoryStage, version } from "./repository-stage.ts";

const newest = { kind: "latest", count: 1 } as const;

async function refused(promise: Promise<unknown>): Promise<Failure> {
  const cause: unknown = await promise.then(
    () => new Error("it was not refused"),
    (error: unknown) => error,
  );
  assert.ok(cause instanceof Failure, String(cause));
  return cause;
}

/** Requests that never pause, as long as the work goes on; says which versions ran them. */
async function underLoad(
  stage: RepositoryStage,
  work: () => Promise<unknown>,
): Promise<{ readonly versions: ReadonlySet<number>; readonly count: number }> {
  const versions = new Set<number>();
  let isDone = false;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (!isDone) {
      versions.add(await stage.repair("eraser"));
      count += 1;
    }
  };
  const lanes = Promise.all([lane(), lane(), lane(), lane()]);
  await stage.until(work());
  isDone = true;
  await stage.until(lanes);
  return { versions, count };
}

describe("at the start", () => {
  it("nobody is told of a model before it is warm", async () => {
    const stage = openRepository([model([version(1), version(2)])]);
    const names = stage.models.settled();
    await stage.advance(500);
    assert.deepEqual(await stage.index(), [
      "1 UNAVAILABLE: the version policy is latest 1",
      "2 LOADING",
    ]);
    assert.deepEqual(stage.told, []);
    const early = await refused(stage.until(stage.repair("eraser")));
    assert.equal(early.code, "unavailable");
    assert.deepEqual(await stage.until(names), ["eraser", "eraser@2"]);
    assert.equal((await stage.index())[1], "2 READY*");
    assert.equal(await stage.until(stage.repair("eraser")), 2);
    await stage.stop();
    assert.equal(stage.script.alive, 0);
  });

  it("a version that cannot be loaded is unavailable with its reason, and tried once", async () => {
    const policy = { kind: "all" } as const;
    const stage = openRepository([model([version(1), version(2)], { policy })]);
    stage.script.unloadable.set(2, { code: "model_failed", detail: "it is no model" });
    const names = stage.models.settled();
    await stage.advance(1_001);
    assert.deepEqual(await stage.until(names, 0), ["eraser", "eraser@1"], "it is told at once");
    assert.deepEqual(await stage.index(), ["1 READY*", "2 UNAVAILABLE: it is no model"]);
    await stage.advance(600_000);
    assert.equal(stage.script.started, 2);
    await stage.stop();
  });

  it("files that are not as the manifest says are not loaded", async () => {
    const broken = {
      ...{ version: 2, problem: "model.onnx has another SHA-256", fingerprint: "" },
      manifest: null,
    };
    const stage = openRepository([model([version(1), broken])]);
    assert.deepEqual(await stage.until(stage.models.settled()), []);
    assert.equal((await stage.index())[1], "2 UNAVAILABLE: model.onnx has another SHA-256");
    assert.equal(stage.script.started, 0);
    await stage.stop();
  });
});

describe("names of versions", () => {
  it("a task gets the newest, the version, or the one that an alias means", async () => {
    const policy = { kind: "specific" as const, versions: [1, 3] };
    const versions = [version(1), version(2), version(3)];
    const stage = openRepository([model(versions, { policy, aliases: { stable: 1, old: 2 } })]);
    const names = await stage.until(stage.models.settled());
    assert.deepEqual(names, ["eraser", "eraser@1", "eraser@stable", "eraser@3"]);
    assert.equal(await stage.until(stage.repair("eraser")), 3);
    assert.equal(await stage.until(stage.repair("eraser@1")), 1);
    assert.equal(await stage.until(stage.repair("eraser@stable")), 1);
    for (const absent of ["eraser@2", "eraser@old", "eraser@", "eraser@new", "lama"]) {
      assert.equal((await refused(stage.until(stage.repair(absent)))).code, "unavailable", absent);
    }
    await stage.stop();
  });
});

describe("under load", () => {
  it("a reload fails no request, and the old engine is gone when it is answered", async () => {
    const stage = openRepository([model([version(1)])]);
    await stage.until(stage.models.settled());
    const { count } = await underLoad(stage, () => stage.models.reload("eraser"));
    assert.ok(count >= 40, `${count} requests`);
    assert.deepEqual([stage.script.alive, stage.script.started], [1, 2]);
    await stage.stop();
  });

  it("a new version takes the place of the old one when it is warm", async () => {
    const stage = openRepository([model([version(1)])], { mode: "poll" });
    await stage.until(stage.models.settled());
    const { versions } = await underLoad(stage, async () => {
      stage.folders = [model([version(1), version(2)])];
      await stage.advance(10_000);
    });
    assert.deepEqual([...versions], [1, 2]);
    assert.deepEqual(await stage.index(), [
      "1 UNAVAILABLE: the version policy is latest 1",
      "2 READY*",
    ]);
    assert.equal(stage.script.alive, 1);
    await stage.stop();
  });

  it("a new version that cannot be loaded leaves the old one serving", async () => {
    const stage = openRepository([model([version(1)])], { mode: "poll" });
    await stage.until(stage.models.settled());
    stage.script.unloadable.set(2, { code: "model_failed", detail: "it is no model" });
    const { versions } = await underLoad(stage, async () => {
      stage.folders = [model([version(1), version(2)])];
      await stage.advance(20_000);
    });
    assert.deepEqual([...versions], [1]);
    assert.deepEqual(await stage.index(), ["1 READY*", "2 UNAVAILABLE: it is no model"]);
    assert.equal(stage.script.started, 2, "it is not tried again as it is");
    stage.script.unloadable.clear();
    stage.folders = [model([version(1), version(2, "mended")])];
    await stage.advance(10_000);
    assert.equal((await stage.index())[1], "2 READY*");
    await stage.stop();
  });

  it("a reload that fails is told, and what was loaded before serves on", async () => {
    const stage = openRepository([model([version(1)])]);
    await stage.until(stage.models.settled());
    stage.script.unloadable.set(1, { code: "model_failed", detail: "the disk is gone" });
    const why = await refused(stage.until(stage.models.reload("eraser")));
    assert.equal(why.code, "model_failed");
    assert.match(why.detail, /the disk is gone/);
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    const [entry] = await stage.index();
    assert.equal(entry, "1 READY*: what was loaded before serves on: the disk is gone");
    await stage.stop();
  });

  it("an unreadable configuration takes nothing away", async () => {
    const stage = openRepository([model([version(1)])], { mode: "poll" });
    await stage.until(stage.models.settled());
    stage.folders = [{ kind: "broken", name: "eraser", problem: "config.json is not JSON" }];
    await stage.advance(10_000);
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    assert.deepEqual(await stage.index(), [
      "null UNAVAILABLE: config.json is not JSON",
      "1 READY*",
    ]);
    await stage.stop();
  });
});

describe("orders", () => {
  it("explicit: models come and go as ordered, and those who offer them are told", async () => {
    const models = [model([version(1)]), model([version(1)], { name: "lama" })];
    const stage = openRepository(models, { mode: "explicit", load: ["lama"] });
    await stage.until(stage.models.settled());
    await stage.until(stage.models.load("eraser"));
    await stage.until(stage.models.unload("lama"));
    assert.deepEqual(stage.told, [
      ["lama", "lama@1"],
      ["eraser", "eraser@1", "lama", "lama@1"],
      ["eraser", "eraser@1"],
    ]);
    assert.deepEqual(await stage.index(), ["1 READY*", "1 UNAVAILABLE: it is not loaded"]);
    assert.equal(stage.script.alive, 1);
    const absent = await refused(stage.until(stage.models.load("nobody")));
    assert.equal(absent.code, "not_found");
    await stage.stop();
  });

  it("unload answers what is in progress first", async () => {
    const stage = openRepository([model([version(1)])], { mode: "explicit", load: ["eraser"] });
    await stage.until(stage.models.settled());
    stage.script.runMs = 20_000;
    const running = stage.repair("eraser");
    const unloaded = stage.models.unload("eraser");
    await stage.advance(1_000);
    assert.deepEqual(await stage.index(), ["1 UNLOADING"]);
    assert.equal((await refused(stage.until(stage.repair("eraser")))).code, "unavailable");
    assert.equal(await stage.until(running), 1);
    await stage.until(unloaded);
    assert.equal(stage.script.alive, 0);
    await stage.stop();
  });

  it("only mode explicit takes orders to load and unload", async () => {
    const stage = openRepository([model([version(1)])], { mode: "poll" });
    const why = await refused(stage.until(stage.models.unload("eraser")));
    assert.equal(why.code, "invalid");
    assert.match(why.detail, /mode poll: set its mode to explicit/);
    await stage.stop();
  });

  it("a model that was deleted is unloaded, and forgotten", async () => {
    const stage = openRepository([model([version(1)])], { mode: "poll" });
    await stage.until(stage.models.settled());
    stage.folders = [];
    await stage.advance(10_000);
    assert.deepEqual(await stage.index(), []);
    assert.equal(stage.script.alive, 0);
    assert.deepEqual(stage.told.at(-1), []);
    await stage.stop();
  });
});

describe("what it tells", () => {
  it("metadata and configuration are those of the network and the file", async () => {
    const stage = openRepository([model([version(1)], { policy: newest })]);
    await stage.until(stage.models.settled());
    const { inputs, versions, platform } = await stage.until(
      stage.models.metadata({ name: "eraser" }),
    );
    assert.deepEqual(inputs, [{ name: "image", datatype: "FP32", shape: [1, 3, -1, -1] }]);
    assert.deepEqual([versions, platform], [[1], "scripted"]);
    assert.equal(await stage.until(stage.models.config("eraser")), "{}");
    const absent = stage.models.metadata({ name: "eraser", version: 7 });
    assert.equal((await refused(stage.until(absent))).code, "unavailable");
    assert.equal((await refused(stage.until(stage.models.config("lama")))).code, "not_found");
    await stage.stop();
  });

  it("statistics say how often, how long, and what came of it", async () => {
    const stage = openRepository([model([version(1)])]);
    await stage.until(stage.models.settled());
    for (let round = 0; round < 3; round++) await stage.until(stage.repair("eraser"));
    const giveUp = new AbortController();
    const { models } = stage;
    const asked = { model: "eraser", files: [], parameters: {} };
    const withdrawn = models.$.with({ signal: giveUp.signal }).run(asked);
    const refusal = refused(withdrawn);
    await stage.advance(10);
    giveUp.abort();
    assert.equal((await stage.until(refusal)).code, "cancelled");
    const [told] = await stage.until(models.statistics({ name: "eraser" }));
    assert.ok(told);
    assert.deepEqual(told.success, { count: 3, ms: 300 });
    assert.deepEqual(told.infer, { count: 3, ms: 300 });
    assert.deepEqual(told.queue, { count: 3, ms: 0 });
    assert.deepEqual([told.fail.count, told.cancelledCount, told.inProgress], [1, 1, 0]);
    await stage.stop();
  });
});

describe("an engine that is lost", () => {
  it("is started anew, and requests that wait for it are answered", async () => {
    const stage = openRepository([model([version(1)])]);
    stage.script.losses.set(1, [5_000]);
    await stage.until(stage.models.settled());
    await stage.advance(5_500);
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    assert.equal(stage.script.started, 2);
    await stage.stop();
  });

  it("too often, takes its version down for a while, with the reason, and nothing else", async () => {
    const policy = { kind: "all" } as const;
    const stage = openRepository([model([version(1), version(2)], { policy })]);
    stage.script.loadMs = 10;
    stage.script.losses.set(
      2,
      Array.from({ length: 40 }, () => 100),
    );
    await stage.until(stage.models.settled());
    let why = "";
    for (let second = 0; second < 60 && why === ""; second++) {
      await stage.advance(1_000);
      const entry = (await stage.index())[1] ?? "";
      if (entry.startsWith("2 UNAVAILABLE")) why = entry;
    }
    assert.match(why, /^2 UNAVAILABLE: .*as the script says/);
    assert.equal(await stage.until(stage.repair("eraser")), 1);
    stage.script.losses.clear();
    await stage.advance(31_000);
    assert.deepEqual(await stage.index(), ["1 READY", "2 READY*"], "it is given another chance");
    await stage.stop();
  });
});
