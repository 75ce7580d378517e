// Engine processes that come and go with the load.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import { setTimeout as rest } from "node:timers/promises";
import type { EngineScale } from "#protocols/tasks/model-repository.ts";
import { modelConfig, negativesModel, writeModel } from "../engine/onnx-file.ts";
import { openRealRepository, type RealRepository } from "./real-repository.ts";

const scaling = {
  ...{ min: 0, max: 2, itemsPerEngine: 2 },
  ...{ upAfterMs: 300, downAfterMs: 500, zeroAfterMs: 1_000 },
};

async function processes(): Promise<number> {
  const { pid } = process;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").filter(Boolean).length;
}

async function until(
  repository: RealRepository,
  isThere: (engines: EngineScale) => boolean,
): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const [told] = await repository.models.statistics({ name: "many" });
    if (told && isThere(told.engines)) return;
    await rest(100);
  }
  assert.fail("not within a minute");
}

it("a second process comes under load, and none is left when nobody asks", {
  timeout: 200_000,
}, async () => {
  const before = await processes();
  const repository = await openRealRepository((root) =>
    writeModel(root, "many", negativesModel(), { ...modelConfig, scaling }),
  );
  try {
    let isOver = false;
    let answered = 0;
    const lane = async (): Promise<void> => {
      while (!isOver) {
        await repository.repair("many");
        answered += 1;
      }
    };
    const lanes = Promise.all(Array.from({ length: 8 }, lane));
    await until(repository, ({ ready }) => ready === 2);
    assert.equal(await processes(), before + 2);
    isOver = true;
    await lanes;
    assert.ok(answered > 0);
    await until(repository, ({ ready, leaving }) => ready + leaving === 0);
    for (let tries = 0; (await processes()) > before && tries < 100; tries++) await rest(50);
    assert.equal(await processes(), before);
    // The first one waits for the process that it brings about.
    await repository.repair("many");
    assert.deepEqual(await repository.index(), ["many 1 READY"]);
    const [told] = await repository.models.statistics({ name: "many" });
    assert.deepEqual([told?.fail.count, told?.success.count], [0, answered + 1]);
  } finally {
    await repository.stop();
  }
});
