// What a failed command says about what it did. The question that matters: can it have been done?
import { Failure } from "#protocols/failure.ts";

/**
 * `refused`: not done, and the server says why. `passing`: not done, and another connection or a later
 * time helps. `unknown`: no answer came, so it may have been done, or may yet be.
 */
export type WireTrouble = "refused" | "passing" | "unknown";

const passing =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|MOVED|ASK|NOSCRIPT|NOREPLICAS|NOAUTH|WRONGPASS|UNBLOCKED)/;

export function troubleOf(error: unknown): WireTrouble {
  if (error instanceof Failure) return error.code === "unavailable" ? "passing" : "refused";
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "ReplyError") return passing.test(error.message) ? "passing" : "refused";
  return error.message.startsWith("Stream isn't writeable") ? "passing" : "unknown";
}

/** As a Failure that says what to do. */
export function wireFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (troubleOf(error) !== "refused") {
    const advice = "nothing was changed; see that it runs and can be reached, and ask again";
    return new Failure("unavailable", `Redis is away: ${text}; ${advice}`, error);
  }
  return new Failure("store_failed", `Redis refused: ${text}; ${adviceFor(text)}`, error);
}

function adviceFor(text: string): string {
  if (text.includes("OOM")) {
    return "its memory is full and nothing was stored; raise maxmemory, or wait until tasks have ended";
  }
  if (text.includes("MISCONF")) {
    return "it cannot write to its disk and nothing was stored; make room there";
  }
  if (text.includes("NOPERM")) {
    return "nothing was stored; allow this user all commands on the store's keys";
  }
  if (text.includes("WRONGTYPE")) {
    return "something else writes under the store's keys; give the store a namespace of its own";
  }
  return "see the log of Redis";
}

export const maybeDone = (seen: string): Failure =>
  new Failure(
    "unknown_outcome",
    `${seen}; it may have been done: ask again with the same key or lease`,
  );
