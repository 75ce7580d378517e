// What cannot be loaded now, since what it needs is elsewhere and away: loaded later by itself.
import assert from "node:assert/strict";
import { it } from "node:test";
import { model, openRepository, version } from "./repository-stage.ts";

const policy = { kind: "all" } as const;

it("a version whose server is away is tried again, ever less often, until it is there", async () => {
  const stage = openRepository([model([version(1), version(2), version(3)], { policy })]);
  stage.script.loadMs = 10;
  stage.script.unloadable.set(2, { code: "unavailable", detail: "nobody listens" });
  stage.script.unloadable.set(3, { code: "model_failed", detail: "it is no model" });
  const names = await stage.until(stage.models.settled());
  assert.deepEqual(names, ["eraser", "eraser@1"]);
  const [, second = "", third] = await stage.index();
  assert.match(second, /^2 UNAVAILABLE: tried once, next at \d{4}-\S+Z: nobody listens$/);
  assert.equal(third, "3 UNAVAILABLE: it is no model");
  await stage.advance(600_000);
  // 3 at first; then 1, 2, 4, 8 and 16 s apart, and then 30, a fifth of it left to chance.
  const tried = stage.script.started - 3;
  assert.ok(tried >= 5 + 18 && tried <= 5 + 24, `${tried}`);
  const last = (await stage.index())[1] ?? "";
  assert.match(last, /^2 UNAVAILABLE: tried 2\d times in a row, next at .*: nobody listens$/);
  const nextAt = /next at (\S+):/.exec(last)?.[1] ?? "";
  await stage.advance(31_000);
  const later = /next at (\S+):/.exec((await stage.index())[1] ?? "")?.[1] ?? "";
  const apartMs = Date.parse(later) - Date.parse(nextAt);
  assert.ok(apartMs >= 24_000 && apartMs <= 72_000, `the next tries are ${apartMs} ms apart`);
  stage.script.unloadable.delete(2);
  await stage.advance(31_000);
  assert.deepEqual(await stage.index(), ["1 READY", "2 READY*", "3 UNAVAILABLE: it is no model"]);
  assert.deepEqual(stage.told.at(-1), ["eraser", "eraser@1", "eraser@2"]);
  const { started } = stage.script;
  await stage.advance(600_000);
  assert.equal(stage.script.started, started, "what is loaded is left alone");
  await stage.stop();
});

it("one that is ordered away meanwhile is not tried again", async () => {
  const stage = openRepository([model([version(1)])], { mode: "explicit", load: ["eraser"] });
  stage.script.unloadable.set(1, { code: "unavailable", detail: "nobody listens" });
  await stage.until(stage.models.settled());
  await stage.until(stage.models.unload("eraser"));
  const { started } = stage.script;
  await stage.advance(600_000);
  assert.equal(stage.script.started, started);
  await stage.stop();
});

it("one whose engine is lost while it loads is tried five times, then again when it is ordered", async () => {
  const stage = openRepository([model([version(1)])]);
  stage.script.loadMs = 10;
  stage.script.unloadable.set(1, { code: "engine_lost", detail: "killed" });
  await stage.until(stage.models.settled());
  assert.match((await stage.index())[0] ?? "", /^1 UNAVAILABLE: tried once, next at \S+: killed$/);
  await stage.advance(600_000);
  assert.deepEqual(await stage.index(), ["1 UNAVAILABLE: killed"]);
  assert.equal(stage.script.started, 5);
  await assert.rejects(stage.until(stage.models.reload("eraser")), { code: "model_failed" });
  stage.script.unloadable.clear();
  await stage.advance(2_000);
  assert.deepEqual(await stage.index(), ["1 READY*"], "it is counted anew from there");
  await stage.stop();
});

it("that its server was away for long uses up none of what a lost engine may be tried", async () => {
  const stage = openRepository([model([version(1)])]);
  stage.script.unloadable.set(1, { code: "unavailable", detail: "nobody listens" });
  await stage.until(stage.models.settled());
  await stage.advance(300_000);
  stage.script.unloadable.set(1, { code: "engine_lost", detail: "killed" });
  let told = "";
  for (let second = 0; second < 40 && !/: killed$/.test(told); second++) {
    await stage.advance(1_000);
    told = (await stage.index())[0] ?? "";
  }
  assert.match(told, /^1 UNAVAILABLE: tried once, next at .*: killed$/);
  stage.script.unloadable.clear();
  await stage.advance(60_000);
  assert.deepEqual(await stage.index(), ["1 READY*"]);
  await stage.stop();
});
