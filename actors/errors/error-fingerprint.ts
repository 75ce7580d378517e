// What two failures have in common when they are the same error: their texts without what varies from
// one occurrence to the next. Pure.
import { createHash } from "node:crypto";
import type { FailedAttempt } from "./failed-attempt.ts";

const detailLengthMax = 256;

/** In this order: a path may hold ids, and an id numbers. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z]+:\/\/[^\s"']+/gi, "<url>"],
  [/(?:[a-z]:)?(?:[\\/][\w.@+-]+){2,}/gi, "<path>"],
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}\b/gi, "<id>"],
  [/\b[0-9a-f]{8,}\b/gi, "<id>"],
  [/\d+(?:[.,:]\d+)*/g, "#"],
];

export const normalisedDetail = (detail: string): string =>
  varying
    .reduce((text, [pattern, stead]) => text.replace(pattern, stead), detail)
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, detailLengthMax);

/** 16 hexadecimal digits. */
export const fingerprintOf = (
  { class: failureClass, code, type, model }: FailedAttempt,
  detail: string,
): string =>
  createHash("sha256")
    .update(JSON.stringify([failureClass, code, type, model, detail]))
    .digest("hex")
    .slice(0, 16);
