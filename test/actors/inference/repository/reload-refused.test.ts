// What a reload is refused for.
import assert from "node:assert/strict";
import { it } from "node:test";
import { model, openRepository, version } from "./repository-stage.ts";

it("a model that is not loaded is not reloaded, but loaded and then reloaded", async () => {
  const stage = openRepository([model([version(1)])], { mode: "explicit", load: [] });
  const why = { code: "invalid", detail: /eraser is not loaded: load it/ };
  await assert.rejects(stage.until(stage.models.reload("eraser")), why);
  const both = Promise.all([stage.models.load("eraser"), stage.models.reload("eraser")]);
  await stage.until(both);
  assert.deepEqual(await stage.index(), ["1 READY*"]);
  await stage.stop();
});
