// Pure. OpenCV at its best: of all its settings, which one the holes of one picture come out nearest with, and
// which of those that come as near is the fastest. Quality is compared with the former and time with
// both, each picture and mask by itself, so that no setting is picked that suits us.
import type { OpenCvInpainting } from "#actors/inference/engine/opencv.ts";
import type { Likeness } from "./trials.ts";

const radii = [1, 2, 3, 4, 5, 7] as const;
export const settings: readonly OpenCvInpainting[] = (
  ["INPAINT_NS", "INPAINT_TELEA"] as const
).flatMap((flag) => radii.map((radius) => ({ flag, radius })));

/** Differences so small that other masks of the same kind turn them round. */
export const noise = { decibels: 0.1, similarity: 0.002 } as const;

export interface Judgement {
  readonly setting: OpenCvInpainting;
  readonly likeness: Likeness;
  /** For this picture, in any unit. */
  readonly time: number;
}

export interface OpenCvBest {
  /** The greatest of each figure, of whichever settings. */
  readonly likeness: Likeness;
  /** Of the greatest decibels; the fastest of several. */
  readonly nearest: Judgement;
  /** The fastest within `noise` of both; where none is, of the decibels alone. */
  readonly fastest: Judgement;
}

/** Of at least one judgement. */
export function opencvBest(judgements: readonly Judgement[]): OpenCvBest | undefined {
  const likeness = {
    decibels: Math.max(...judgements.map((one) => one.likeness.decibels)),
    similarity: Math.max(...judgements.map((one) => one.likeness.similarity)),
  };
  const isNear = (one: Judgement, figure: keyof Likeness) =>
    one.likeness[figure] >= likeness[figure] - noise[figure];
  const near = judgements.filter((one) => isNear(one, "decibels"));
  const both = near.filter((one) => isNear(one, "similarity"));
  const [fastest] = (both.length > 0 ? both : near).toSorted((a, b) => a.time - b.time);
  const [nearest] = judgements.toSorted(
    (a, b) => b.likeness.decibels - a.likeness.decibels || a.time - b.time,
  );
  return fastest && nearest && { likeness, nearest, fastest };
}

/** For example `NS 2`. */
export const nameOf = ({ flag, radius }: OpenCvInpainting): string =>
  `${flag === "INPAINT_NS" ? "NS" : "Telea"} ${radius}`;
