// What a probe says when it did not receive what was expected: what was wanted, what came instead, and
// all that it has received, with the time of each.
import { AssertionError } from "node:assert";
import { inspect } from "node:util";
import { ActorRef } from "#runtime/core/ref.ts";
import type { ProbeDiary } from "./probe-actor.ts";

/** The last so many messages are printed. */
const printedMax = 20;
const argumentLengthMax = 200;

export interface Disappointment {
  readonly probe: string;
  readonly wanted: string;
  readonly seen: string;
  readonly nowMs: number;
}

/** `taken`: how many messages were expected before. */
export function disappointed<P>(
  { probe, wanted, seen, nowMs }: Disappointment,
  diary: ProbeDiary<P>,
  taken: number,
): AssertionError {
  const lines = diary.messages.map((message, index) => {
    const mark = index < taken ? "(expected)" : "";
    return `  at ${message.atMs} ms ${formatReceived(message)} ${mark}`.trimEnd();
  });
  for (const { ref, exit } of diary.terminated) {
    lines.push(`  heard that ${ref.$.toString()} ended: ${exit.kind}`);
  }
  const left = lines.length - printedMax;
  const history = [
    lines.length === 0 ? "it has received nothing at all" : "it has received:",
    ...(left > 0 ? [`  … ${left} before`] : []),
    ...lines.slice(-printedMax),
  ];
  const text = `${probe} expected ${wanted}, but at ${nowMs} ms ${seen}`;
  return new AssertionError({ message: [text, ...history].join("\n") });
}

export const formatReceived = (message: {
  readonly method: string;
  readonly args: readonly unknown[];
}): string => `${message.method}(${message.args.map(formatArgument).join(", ")})`;

function formatArgument(value: unknown): string {
  if (value instanceof ActorRef) return value.$.toString();
  const text = inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
  return text.length > argumentLengthMax ? `${text.slice(0, argumentLengthMax)}…` : text;
}
