// An error and what caused it, and what caused that: as far as it goes, without going in circles, and
// whatever was thrown. Texts lose the secrets that a log would take out too.
import { printableText } from "#runtime/host/printable.ts";

export interface Cause {
  /** The class, for example `TypeError`; the type of what is no error. */
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  /** The first line of the stack that tells a place. */
  readonly at: string | undefined;
}

export interface CauseChain {
  /** The error itself first. */
  readonly causes: readonly Cause[];
  /** Why it ends there. */
  readonly cut: "cycle" | "too long" | undefined;
}

const causesMax = 10;
const messageLengthMax = 1_000;
const placeLengthMax = 300;

export function causeChain(error: unknown): CauseChain {
  const seen = new Set<unknown>();
  const causes: Cause[] = [];
  for (let next = error; next !== undefined && next !== null; next = causeOf(next)) {
    if (seen.has(next)) return { causes, cut: "cycle" };
    if (causes.length === causesMax) return { causes, cut: "too long" };
    seen.add(next);
    causes.push(causeAt(next));
  }
  return { causes, cut: undefined };
}

function causeOf(error: unknown): unknown {
  try {
    return typeof error === "object" && error !== null && "cause" in error
      ? error.cause
      : undefined;
  } catch {
    return undefined;
  }
}

function causeAt(error: unknown): Cause {
  try {
    return error instanceof Error ? errorCause(error) : otherCause(error);
  } catch {
    // Its name, message or toString throws.
    return { name: typeof error, code: undefined, message: "(unreadable)", at: undefined };
  }
}

function errorCause(error: Error): Cause {
  const inside = error instanceof AggregateError ? ` (of ${error.errors.length} errors)` : "";
  const code = "code" in error ? error.code : undefined;
  return {
    name: String(error.name),
    code: typeof code === "string" || typeof code === "number" ? String(code) : undefined,
    message: bounded(String(error.message) + inside, messageLengthMax),
    at: isWrapping(code, error.cause) ? undefined : placeIn(error.stack),
  };
}

/** Made by the engine around what a handler threw: where it was made says nothing. */
const isWrapping = (code: unknown, cause: unknown): boolean =>
  code === "actor_crashed" && cause !== undefined;

function otherCause(value: unknown): Cause {
  const code = typeof value === "object" && value !== null && "code" in value && value.code;
  const message = typeof value === "object" && value !== null && "message" in value;
  return {
    name: typeof value,
    code: typeof code === "string" ? code : undefined,
    message: bounded(String(message ? value.message : value), messageLengthMax),
    at: undefined,
  };
}

function placeIn(stack: unknown): string | undefined {
  const line = typeof stack === "string" ? /^\s+at (.+)$/m.exec(stack)?.[1] : undefined;
  return line === undefined ? undefined : bounded(line, placeLengthMax);
}

const bounded = (text: string, lengthMax: number): string => {
  const clean = printableText(text);
  return clean.length > lengthMax ? `${clean.slice(0, lengthMax)}…` : clean;
};
