// Lengths of virtual time as people write them: `250ms`, `2s`, `1.5m`, or a number of milliseconds.
import { Failure } from "#protocols/failure.ts";

export type Duration = number | `${number}${"ms" | "s" | "m"}`;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** In milliseconds. Fails with `invalid`, naming `what`, for anything else. */
export function durationMs(what: string, duration: Duration): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(String(duration));
  const ms =
    typeof duration === "number" ? duration : Number(found?.[1]) * (unitMs[found?.[2] ?? ""] ?? 1);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new Failure("invalid", `${what} is a length like 250ms, 2s or 1.5m, not ${duration}`);
}
