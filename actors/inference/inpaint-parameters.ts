// The parameters of an inpainting task as options of a repair. Pure. The names are those of the Lama
// Cleaner API, whose gateway has filled in the defaults; a task from elsewhere may leave them out.
import { repairDefaults } from "#protocols/tasks/repair-defaults.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { InpaintOptions } from "./inpaint/inpaint.ts";

const defaults = repairDefaults satisfies InpaintOptions;

/** Any other word means the whole image, as it does in the original server. */
const strategyOf = (word: TaskParameters[string] | undefined): InpaintOptions["strategy"] => {
  if (word === undefined) return defaults.strategy;
  return word === "Crop" || word === "Resize" ? word : "Original";
};

const sizeOf = (
  value: TaskParameters[string] | undefined,
  fallback: number,
  min: number,
): number => {
  if (typeof value !== "number" || !Number.isFinite(value)) return fallback;
  return Math.max(min, Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER));
};

export const repairOptionsOf = (parameters: TaskParameters): InpaintOptions => ({
  strategy: strategyOf(parameters.hdStrategy),
  cropMargin: sizeOf(parameters.hdStrategyCropMargin, defaults.cropMargin, 0),
  cropTriggerSize: sizeOf(parameters.hdStrategyCropTrigerSize, defaults.cropTriggerSize, 0),
  resizeLimit: sizeOf(parameters.hdStrategyResizeLimit, defaults.resizeLimit, 1),
  // Whether the word means anything is for a model to say that heeds it.
  ...(typeof parameters.cv2Flag === "string" ? { cv2Flag: parameters.cv2Flag.slice(0, 64) } : {}),
  cv2Radius: Math.min(sizeOf(parameters.cv2Radius, 4, 1), 100),
});
