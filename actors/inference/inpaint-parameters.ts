// The parameters of an inpainting task as options of a repair. Pure. The names are those of the Lama
// Cleaner API, whose gateway has filled in the defaults; a task from elsewhere may leave them out.
import { Failure } from "#protocols/failure.ts";
import { repairDefaults } from "#protocols/tasks/repair-defaults.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { InpaintOptions } from "./inpaint/inpaint.ts";

const defaults = repairDefaults satisfies InpaintOptions;

/** Fails with `invalid` for what is of another type, and another strategy; numbers are brought into range. */
export function repairOptionsOf(parameters: TaskParameters): InpaintOptions {
  const size = (key: string, fallback: number, min: number, max?: number): number =>
    sizeIn(parameters, key, { fallback, min, max: max ?? Number.MAX_SAFE_INTEGER });
  return {
    strategy: strategyIn(parameters),
    cropMargin: size("hdStrategyCropMargin", defaults.cropMargin, 0),
    cropTriggerSize: size("hdStrategyCropTrigerSize", defaults.cropTriggerSize, 0),
    resizeLimit: size("hdStrategyResizeLimit", defaults.resizeLimit, 1),
    ...cv2FlagIn(parameters),
    cv2Radius: size("cv2Radius", 4, 1, 100),
  };
}

function strategyIn({
  hdStrategy = defaults.strategy,
}: TaskParameters): InpaintOptions["strategy"] {
  if (hdStrategy === "Crop" || hdStrategy === "Resize" || hdStrategy === "Original") {
    return hdStrategy;
  }
  throw misfit("hdStrategy", hdStrategy, "Crop, Resize or Original");
}

function sizeIn(
  parameters: TaskParameters,
  key: string,
  terms: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const value = parameters[key] ?? terms.fallback;
  if (typeof value !== "number" || !Number.isFinite(value)) throw misfit(key, value, "a number");
  return Math.max(terms.min, Math.min(Math.trunc(value), terms.max));
}

/** Whether the word means anything is for a model to say that heeds it. */
function cv2FlagIn({ cv2Flag }: TaskParameters): Pick<InpaintOptions, "cv2Flag"> {
  if (cv2Flag === undefined) return {};
  if (typeof cv2Flag !== "string") throw misfit("cv2Flag", cv2Flag, "the name of a method");
  return { cv2Flag: cv2Flag.slice(0, 64) };
}

const misfit = (key: string, value: TaskParameters[string], wanted: string): Failure =>
  new Failure("invalid", `${key} is ${JSON.stringify(value).slice(0, 64)}; send ${wanted}`);
