// Pure. Takes files and parameters out of what was asked, or says what is wrong with them.
import { Failure } from "#protocols/failure.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { WorkInput } from "./model-work.ts";

/** Fails with `invalid`, naming the file. */
export function fileIn({ files }: Pick<WorkInput, "files">, name: string): Uint8Array {
  const file = files.find((one) => one.name === name);
  if (file) return file.bytes;
  const names = files.map((one) => one.name).join(", ") || "none";
  throw new Failure(
    "invalid",
    `there is no input named ${name} (there are: ${names}); submit the task with one`,
  );
}

export interface NumberTerms {
  readonly min: number;
  readonly max: number;
  /** Default: fractions are taken, too. */
  readonly isWhole?: true;
  /** Where the parameter is left out. Default: it may not be. */
  readonly fallback?: number;
}

/** Fails with `invalid`, naming the parameter, what it may be and what it is. */
export function numberIn(parameters: TaskParameters, key: string, terms: NumberTerms): number {
  const { min, max, isWhole, fallback } = terms;
  const value = parameters[key] ?? fallback;
  if (typeof value === "number" && value >= min && value <= max) {
    if (!isWhole || Number.isInteger(value)) return value;
  }
  const seen = value === undefined ? "is missing" : `is ${JSON.stringify(value).slice(0, 64)}`;
  const wanted = isWhole ? "a whole number" : "a number";
  throw new Failure("invalid", `${key} ${seen}; send ${wanted} from ${min} to ${max}`);
}

/** Of JPEG and WebP. */
export const outputQualityIn = (parameters: TaskParameters): number =>
  numberIn(parameters, "outputQuality", { min: 1, max: 100, isWhole: true, fallback: 95 });
