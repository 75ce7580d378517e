import assert from "node:assert/strict";
import { it } from "node:test";
import { refusal } from "../engine/engine-fixture.ts";
import { model, openRepository, version } from "./repository-stage.ts";

it("work of another kind is refused, and a type that names no kind says nothing", async () => {
  const stage = openRepository([model([version(1)])]);
  await stage.until(stage.models.settled());
  const asked = { model: "eraser", files: [], parameters: {} };
  const foreign = await refusal(
    "invalid",
    stage.until(stage.models.run({ ...asked, type: "upscale" })),
  );
  assert.match(foreign.detail, /the model eraser is for inpaint, not for upscale/);
  for (const type of ["inpaint", "mend"]) {
    assert.equal((await stage.until(stage.models.run({ ...asked, type }))).times.inferMs, 100);
  }
  await stage.stop();
});
