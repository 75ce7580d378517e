// The removal of text from a picture, as a task of two steps:
//
//   find the text ──mask──► fill it
//
// The mask and the boxes are part of the task's result, as `find.mask` and `find.boxes`.
import { Failure } from "../failure.ts";
import { stepsType, type TaskStep } from "../tasks/steps.ts";
import type { TaskParameters } from "../tasks/task-parameters.ts";
import type { TaskOrder } from "./task-order.ts";

export const detectTextType = "detect-text";
/** The model that looks for text when none is named: the one that `troupe models install` puts there. */
export const textDetectorDefault = "text-detector";

const find = "find";
/** Names in the result of the whole. */
export const textRemovalResult = {
  mask: `${find}.mask`,
  boxes: `${find}.boxes`,
  /** A figure: how many there are. */
  count: `${find}.texts`,
} as const;

export interface TextRemoval {
  /** That fills the holes. */
  readonly model: string;
  /** That finds the text. */
  readonly detector: string;
  /** By the names of `textDetectionTerms`; what is left out has its default. */
  readonly detection: TaskParameters;
  /** As of a task of the type `inpaint`. */
  readonly repair: TaskParameters;
}

/** A task whose input is the file `image`. */
export function textRemovalOrder(removal: TextRemoval): TaskOrder {
  const { model, detector, detection, repair } = removal;
  const image = { name: "image" };
  const steps: TaskStep[] = [
    {
      ...{ name: find, type: detectTextType, model: detector, parameters: detection },
      ...{ inputs: [image], isKept: true },
    },
    {
      ...{ name: "fill", type: "inpaint", model },
      // A picture without text is not encoded anew, which would cost some of its quality.
      parameters: { ...repair, withoutHoles: "same-file" },
      inputs: [image, { name: "mask", from: find }],
    },
  ];
  return { type: stepsType, steps };
}

/** Fails with `unavailable` when no worker offers one of the two models, saying what to do. */
export function checkOffered(
  { model, detector }: Pick<TextRemoval, "model" | "detector">,
  offered: readonly string[],
): void {
  const missing = [detector, model].find((name) => !offered.includes(name));
  if (missing === undefined) return;
  const remedy =
    missing === textDetectorDefault
      ? "troupe models install text-detector puts it into the folder of the workers' models"
      : `offered are: ${offered.join(", ") || "none"}`;
  throw new Failure("unavailable", `no worker offers the model ${missing}; ${remedy}`);
}
