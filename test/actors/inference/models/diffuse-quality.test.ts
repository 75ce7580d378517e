// The built-in model against the classical methods of OpenCV, over the hole pixels of twelve pictures. The
// masks are others than those of the bench, where the figures are.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type DiffuseInpainter,
  diffuseInpainter,
} from "../../../../bench/inpainting/diffuse-inpainter.ts";
import { opencvInpainters } from "../../../../bench/inpainting/opencv-inpainter.ts";
import { samples } from "../../../../bench/inpainting/photographs.ts";
import type { Inpaint } from "../../../../bench/inpainting/picture.ts";
import { type View, views } from "../../../../bench/inpainting/sample-pictures.ts";
import {
  type Likeness,
  likenessOf,
  meanLikeness,
  type Trial,
  trialsOf,
} from "../../../../bench/inpainting/trials.ts";

const seed = 2000;
const rivals = [
  { flag: "INPAINT_NS", radius: 3 },
  { flag: "INPAINT_NS", radius: 5 },
  { flag: "INPAINT_TELEA", radius: 5 },
] as const;

let diffuse: DiffuseInpainter;
let opencv: Awaited<ReturnType<typeof opencvInpainters>>;

before(async () => {
  diffuse = await diffuseInpainter();
  opencv = await opencvInpainters();
});
after(() => diffuse.close());

for (const sample of samples) {
  test(`on each view of ${sample.name} the model is nearer to the photograph than OpenCV`, async () => {
    const trials = await trialsOf(sample, seed);
    const ours = await byView(trials, diffuse.inpaint);
    for (const rival of rivals) {
      const theirs = await byView(trials, opencv(rival));
      for (const view of views) {
        const what = `${view}, ${rival.flag} ${rival.radius}`;
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
async function byView(trials: readonly Trial[], inpaint: Inpaint) {
  const figures = new Map<View, Likeness[]>();
  for (const trial of trials) {
    const own = figures.get(trial.view) ?? [];
    figures.set(trial.view, [...own, await likenessOf(trial, inpaint)]);
  }
  return new Map([...figures].map(([view, own]) => [view, meanLikeness(own)]));
}
