// The built-in model against the classical methods of OpenCV, over the hole pixels of twelve pictures. The
// masks are others than those of the bench, where the figures are.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type DiffuseInpainter,
  diffuseInpainter,
} from "../../../../bench/inpainting/diffuse-inpainter.ts";
import { opencvInpainters } from "../../../../bench/inpainting/opencv-inpainter.ts";
import { photographs, views } from "../../../../bench/inpainting/sample-pictures.ts";
import {
  type Likeness,
  likenesses,
  meanLikeness,
  type Trial,
  trialsOf,
} from "../../../../bench/inpainting/trials.ts";

const seed = 2000;
const rivals = [
  { method: "INPAINT_NS", radius: 3 },
  { method: "INPAINT_NS", radius: 5 },
  { method: "INPAINT_TELEA", radius: 5 },
] as const;

let diffuse: DiffuseInpainter;
let opencv: Awaited<ReturnType<typeof opencvInpainters>>;

before(async () => {
  diffuse = await diffuseInpainter();
  opencv = await opencvInpainters();
});
after(() => diffuse.close());

for (const { name } of photographs) {
  test(`on each view of ${name} the model is nearer to the photograph than OpenCV`, async () => {
    const trials = await trialsOf(name, seed);
    const ours = byView(trials, await likenesses(trials, diffuse.inpaint));
    for (const rival of rivals) {
      const theirs = byView(trials, await likenesses(trials, opencv(rival)));
      for (const view of views) {
        const what = `${view}, ${rival.method} ${rival.radius}`;
        const [own, other] = [ours.get(view), theirs.get(view)];
        assert.ok(own && other);
        assert.ok(
          own.decibels > other.decibels,
          `${what}: ${own.decibels} dB, ${other.decibels} dB`,
        );
        assert.ok(
          own.similarity > other.similarity,
          `${what}: ${own.similarity}, ${other.similarity}`,
        );
      }
    }
  });
}

/** The mean over the kinds of masks. */
function byView(trials: readonly Trial[], figures: readonly Likeness[]) {
  return new Map(
    views.map((view) => {
      const own = figures.filter((_, index) => trials[index]?.view === view);
      return [view, meanLikeness(own)];
    }),
  );
}
