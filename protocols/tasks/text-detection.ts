// What a task that finds text may ask for: its parameters by name, with bounds and defaults. Read by the
// gateway, which tells what is wrong before anything is queued, and by the worker.
import { Failure } from "../failure.ts";
import type { TaskParameters } from "./task-parameters.ts";

interface NumberTerms {
  readonly fallback: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly kind: "number" | "integer";
}

/** Those of DB text detectors, as PaddleOCR sets them, and how far the mask reaches. */
export const textDetectionTerms = {
  /** The least probability of a point to belong to text. */
  threshold: { fallback: 0.3, minimum: 0.01, maximum: 0.99, kind: "number" },
  /** The least mean probability in a box. */
  boxThreshold: { fallback: 0.6, minimum: 0, maximum: 1, kind: "number" },
  /** How much a box grows: by its area over its perimeter, so many times. */
  unclipRatio: { fallback: 1.5, minimum: 0, maximum: 10, kind: "number" },
  /** How far the mask reaches beyond a box: a share of the box's shorter side. */
  dilation: { fallback: 0.15, minimum: 0, maximum: 2, kind: "number" },
  /** Pixels of the longer side under which text is looked for; a larger picture is shrunk to it. */
  limitSide: { fallback: 960, minimum: 32, maximum: 2_560, kind: "integer" },
} as const satisfies Record<string, NumberTerms>;

export type TextDetectionKey = keyof typeof textDetectionTerms;
export type TextDetection = Readonly<Record<TextDetectionKey, number>>;

export const textDetectionKeys = [
  "threshold",
  "boxThreshold",
  "unclipRatio",
  "dilation",
  "limitSide",
] as const satisfies readonly TextDetectionKey[];

/** Missing ones have their defaults, others are left unread. Fails with `invalid`, naming the key. */
export function textDetectionOf(parameters: TaskParameters): TextDetection {
  const { threshold, boxThreshold, unclipRatio, dilation, limitSide } = parameters;
  return {
    threshold: numberOf("threshold", threshold),
    boxThreshold: numberOf("boxThreshold", boxThreshold),
    unclipRatio: numberOf("unclipRatio", unclipRatio),
    dilation: numberOf("dilation", dilation),
    limitSide: numberOf("limitSide", limitSide),
  };
}

function numberOf(key: TextDetectionKey, value: TaskParameters[string] | undefined): number {
  const { fallback, minimum, maximum, kind } = textDetectionTerms[key];
  if (value === undefined || value === null) return fallback;
  const fits = kind === "integer" ? Number.isInteger(value) : Number.isFinite(value);
  if (fits && typeof value === "number" && value >= minimum && value <= maximum) return value;
  const wanted = `${kind === "integer" ? "a whole number" : "a number"} from ${minimum} to ${maximum}`;
  // JSON has no word for Infinity, and would say null.
  const seen = typeof value === "number" ? String(value) : JSON.stringify(value).slice(0, 64);
  throw new Failure("invalid", `${key} is ${seen}; send ${wanted}`);
}
