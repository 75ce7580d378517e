// Pictures that run together in a real engine.
import assert from "node:assert/strict";
import { it } from "node:test";
import { noise, picture, pixelsOfReply } from "../engine/engine-fixture.ts";
import { modelConfig, negativeModel, negativesModel, writeModel } from "../engine/onnx-file.ts";
import { openRealRepository } from "./real-repository.ts";

const config = { ...modelConfig, batching: { itemsMax: 4, delayMs: 200 } };
const images = await Promise.all(
  [1, 2, 3, 4].map((shade) =>
    picture(
      8,
      8,
      3,
      noise(8 * 8 * 3).map((value) => (value >> 1) + 16 * shade),
    )
      .png()
      .toBuffer(),
  ),
);

it("each picture gets its own answer, and the statistics say how many ran together", async () => {
  const repository = await openRealRepository(async (root) => {
    await writeModel(root, "many", negativesModel(), config);
    // One whose file fixes the batch runs them one by one, whatever its configuration says.
    await writeModel(root, "single", negativeModel(), config);
  });
  try {
    for (const [model, items] of [
      ["many", 4],
      ["single", 1],
    ] as const) {
      const replies = await Promise.all(images.map((image) => repository.repair(model, image)));
      for (const [at, reply] of replies.entries()) {
        const [first] = (await pixelsOfReply(reply)).data;
        assert.equal(first, 255 - ((noise(1)[0] ?? 0) >> 1) - 16 * (at + 1), model);
      }
      const [told] = await repository.models.statistics({ name: model });
      assert.deepEqual(
        told?.batches.map(({ items: size, count }) => [size, count]),
        [[items, 4 / items]],
      );
    }
  } finally {
    await repository.stop();
  }
});
