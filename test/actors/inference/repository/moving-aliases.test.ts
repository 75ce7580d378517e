// An alias that is moved to another version: it moves when that is ready, and not before.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { model, openRepository, type RepositoryStage, version } from "./repository-stage.ts";

const all = [version(1), version(2), version(3)];
const found = (policy: readonly number[], stable?: number) =>
  model(all, {
    policy: { kind: "specific", versions: [...policy] },
    aliases: stable === undefined ? {} : { stable },
  });

/** A poll, and what is begun then. */
async function change(stage: RepositoryStage, ...folders: readonly ReturnType<typeof found>[]) {
  stage.folders = folders;
  await stage.advance(5_500);
}

/** `name STATE: notes` of who has the alias. */
async function stableIn(stage: RepositoryStage): Promise<readonly string[]> {
  const entries = await stage.until(stage.models.index());
  return entries
    .filter(({ aliases }) => aliases.includes("eraser@stable"))
    .map(({ version: number, state, notes }) => [number, state, ...notes].join(" "));
}

const waits = (number: number): string =>
  `the alias stable means it until version ${number} is ready`;

it("waits for its next version on the one before, and has it served until it moves", async () => {
  const stage = openRepository([found([1], 1)], { mode: "poll" });
  await stage.until(stage.models.settled());
  stage.script.loadMs = 8_000;
  await change(stage, found([2], 2));
  assert.equal(await stage.until(stage.repair("eraser@stable"), 500), 1);
  assert.deepEqual(await stableIn(stage), [`1 READY ${waits(2)}`]);
  assert.ok(stage.told.at(-1)?.includes("eraser@stable"));
  await stage.advance(9_000);
  assert.equal(await stage.until(stage.repair("eraser@stable"), 500), 2);
  assert.deepEqual(await stableIn(stage), ["2 READY"]);
  assert.equal(stage.script.alive, 1, "the one before has left");
  await stage.stop();
});

it("stays where it was while its next version cannot be loaded, whatever else can", async () => {
  const stage = openRepository([found([1], 1)], { mode: "poll" });
  await stage.until(stage.models.settled());
  stage.script.unloadable.set(3, { code: "model_failed", detail: "it is no model" });
  await change(stage, found([2], 3));
  await change(stage, found([2, 3], 3));
  await stage.advance(10_000);
  assert.equal(await stage.until(stage.repair("eraser")), 2);
  assert.equal(await stage.until(stage.repair("eraser@stable")), 1);
  assert.deepEqual(await stableIn(stage), [`1 READY ${waits(3)}`]);
  await change(stage, found([2], 2));
  assert.equal(await stage.until(stage.repair("eraser@stable")), 2);
  assert.equal(stage.script.alive, 1);
  await stage.stop();
});

it("keeps its version also when the files of that are gone", async () => {
  const stage = openRepository([found([1], 1)], { mode: "poll" });
  await stage.until(stage.models.settled());
  stage.script.unloadable.set(2, { code: "model_failed", detail: "it is no model" });
  const settings = { policy: { kind: "latest", count: 1 }, aliases: { stable: 2 } } as const;
  await change(stage, model([version(2)], settings));
  assert.equal(await stage.until(stage.repair("eraser@stable")), 1);
  stage.script.unloadable.clear();
  await change(stage, model([version(2, "mended")], settings));
  assert.equal(await stage.until(stage.repair("eraser@stable")), 2);
  assert.equal(stage.script.alive, 1);
  await stage.stop();
});

it("keeps its version also when the engines of that are lost, and begun anew", async () => {
  const stage = openRepository([found([1], 1)], { mode: "poll" });
  await stage.until(stage.models.settled());
  stage.script.unloadable.set(2, { code: "model_failed", detail: "it is no model" });
  stage.script.losses.set(1, Array(25).fill(10));
  await change(stage, found([1], 1));
  await stage.until(stage.models.reload("eraser"));
  await change(stage, found([2], 2));
  await stage.advance(200_000);
  assert.equal(await stage.until(stage.repair("eraser@stable")), 1);
  assert.deepEqual(await stableIn(stage), [`1 READY ${waits(2)}`]);
  await stage.stop();
});

it("of a model that is unloaded and loaded again means nothing of before", async () => {
  const stage = openRepository([found([1], 1)], { mode: "explicit", load: ["eraser"] });
  await stage.until(stage.models.settled());
  await stage.until(stage.models.unload("eraser"));
  stage.script.unloadable.set(2, { code: "model_failed", detail: "it is no model" });
  stage.folders = [found([2], 2)];
  await stage.until(stage.models.load("eraser").catch(() => undefined));
  assert.equal(stage.script.alive, 0);
  await stage.stop();
});

it("that cannot be served says why of the version that it is to mean", async () => {
  const stage = openRepository([found([1, 2], 3)], { mode: "poll" });
  await stage.until(stage.models.settled());
  stage.script.unloadable.set(2, { code: "model_failed", detail: "it is no model" });
  await stage.until(stage.models.reload("eraser").catch(() => undefined));
  const why = async (name: string): Promise<string> =>
    stage.until(
      stage.repair(name).then(
        () => "served",
        (cause: unknown) => Failure.of(cause).detail,
      ),
    );
  const policy = /is not ready: version 3: the version policy is specific 1, 2$/;
  assert.match(await why("eraser@stable"), policy);
  assert.match(await why("eraser@3"), policy);
  assert.match(await why("eraser@canary"), /is not ready: it has no alias canary$/);
  assert.match(await why("eraser@9"), /is not ready: version 9: it is not in the folder$/);
  await stage.stop();
});

it("that is taken out of the configuration is gone at once", async () => {
  const stage = openRepository([found([1], 1)], { mode: "poll" });
  await stage.until(stage.models.settled());
  await change(stage, found([1]));
  await assert.rejects(stage.until(stage.repair("eraser@stable")), { code: "unavailable" });
  assert.deepEqual(stage.told.at(-1), ["eraser", "eraser@1"]);
  await stage.stop();
});
