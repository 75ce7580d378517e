// How long whoever failed asks to be left alone for: said by a `Failure`, by any error that has a number
// `retryAfterMs`, or by the answer of a server that an HTTP client's error brings along. Pure.
import { Failure } from "../failure.ts";

/** As long as a task may be kept waiting by its submission. What a handler says beyond it is cut. */
export const retryAfterMsMax = 400 * 24 * 3_600_000;
/** What a server of others says beyond it is cut: one header must not put a task off for days. */
export const foreignRetryAfterMsMax = 3_600_000;

const causesMax = 8;

/**
 * Milliseconds to wait at least before the next attempt; undefined: nobody said. The outermost error that
 * says it counts. What is no number of milliseconds from 0 was not said.
 */
export function retryAfterMsIn(error: unknown): number | undefined {
  try {
    return saidIn(error);
  } catch {
    // Anything can be thrown, also what throws when it is read.
    return undefined;
  }
}

function saidIn(error: unknown): number | undefined {
  let looked = error;
  for (let depth = 0; depth <= causesMax; depth += 1) {
    if (typeof looked !== "object" || looked === null) return undefined;
    const said = ownIn(looked) ?? headerIn(looked);
    if (said !== undefined) return said;
    looked = Reflect.get(looked, "cause");
  }
  return undefined;
}

function ownIn(error: object): number | undefined {
  const said: unknown =
    error instanceof Failure ? error.retryAfterMs : field(error, "retryAfterMs");
  return typeof said === "number" ? boundedMs(said, retryAfterMsMax) : undefined;
}

/** Where HTTP clients keep them: at the error itself, or at the response that it brings. */
function headerIn(error: object): number | undefined {
  const response = field(error, "response");
  const places = typeof response === "object" && response !== null ? [error, response] : [error];
  const headers = places.map((place) => field(place, "headers"));
  return headers.map((each) => retryAfterMsOf(headerOf(each))).find((ms) => ms !== undefined);
}

function headerOf(headers: unknown): string | null {
  if (headers instanceof Headers) return headers.get("retry-after");
  if (typeof headers !== "object" || headers === null) return null;
  const value = field(headers, "retry-after");
  return typeof value === "string" || typeof value === "number" ? `${value}` : null;
}

/**
 * Of a `Retry-After` in seconds, cut to an hour; undefined: there is none, or it is a date, which would be
 * by a clock of others.
 */
export function retryAfterMsOf(header: string | null): number | undefined {
  if (header === null || !/^ *\d{1,12} *$/.test(header)) return undefined;
  return boundedMs(Number(header) * 1_000, foreignRetryAfterMsMax);
}

const boundedMs = (ms: number, max: number): number | undefined =>
  ms >= 0 ? Math.min(Math.ceil(ms), max) : undefined;

const field = (value: object, name: string): unknown => Reflect.get(value, name);
