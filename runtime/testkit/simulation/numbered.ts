// Messages that say which one of a stream they are, so that a history can tell what became of each.
import type { Envelope } from "#protocols/envelope.ts";

/** The first argument of such a message, or a part of it. */
export interface Numbered {
  readonly stream: string;
  /** From 1, without gaps. */
  readonly sequence: number;
}

/** Counts the messages of each stream. */
export class StreamNumbers {
  readonly #last = new Map<string, number>();

  next(stream: string): Numbered {
    const sequence = (this.#last.get(stream) ?? 0) + 1;
    this.#last.set(stream, sequence);
    return { stream, sequence };
  }
}

/** Undefined when the envelope carries none. */
export function numberedIn(envelope: Envelope): Numbered | undefined {
  const first: unknown = "args" in envelope ? envelope.args[0] : undefined;
  if (typeof first !== "object" || first === null) return undefined;
  if (!("stream" in first) || !("sequence" in first)) return undefined;
  const { stream, sequence } = first;
  if (typeof stream !== "string" || typeof sequence !== "number") return undefined;
  return { stream, sequence };
}
