import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Judgement,
  nameOf,
  opencvBest,
  settings,
} from "../../../bench/inpainting/opencv-best.ts";

const judged = (radius: number, decibels: number, similarity: number, time: number): Judgement => ({
  setting: { flag: "INPAINT_NS", radius },
  likeness: { decibels, similarity },
  time,
});
const chosen = (...judgements: Judgement[]) => opencvBest(judgements)?.fastest.setting.radius;

describe("OpenCV at its best", () => {
  it("has the greatest of each figure, of whichever settings", () => {
    const best = opencvBest([judged(1, 30, 0.8, 1), judged(5, 28, 0.9, 9)]);
    assert.deepEqual(best?.likeness, { decibels: 30, similarity: 0.9 });
  });

  it("is the setting of the greatest decibels, and the fastest of several", () => {
    const best = opencvBest([
      judged(1, 29.95, 0.9, 1),
      judged(3, 30, 0.8, 4),
      judged(2, 30, 0.8, 3),
      judged(5, 28, 0.95, 2),
    ]);
    assert.equal(best?.nearest.setting.radius, 2);
    assert.equal(best?.fastest.setting.radius, 1);
  });

  it("is the fastest setting within noise of both figures", () => {
    assert.equal(
      chosen(judged(1, 29.5, 0.9, 1), judged(2, 29.95, 0.899, 2), judged(5, 30, 0.9, 9)),
      2,
    );
    assert.equal(chosen(judged(2, 29.95, 0.89, 2), judged(5, 30, 0.9, 9)), 5);
  });

  it("is the fastest within noise of the decibels where no setting has both", () => {
    assert.equal(chosen(judged(1, 30, 0.8, 3), judged(2, 29.95, 0.8, 2), judged(5, 28, 0.9, 1)), 2);
  });

  it("is none of nothing", () => {
    assert.equal(opencvBest([]), undefined);
  });

  it("is looked for among both methods", () => {
    assert.deepEqual(settings.map(nameOf).slice(0, 2), ["NS 1", "NS 2"]);
    assert.ok(settings.map(nameOf).includes("Telea 7"));
  });
});
