// Pure. Reads JSON that people write beside a model: its configuration and its manifests. A mark of the byte
// order, which some editors put first, is passed over; RFC 8259 allows that. A key that stands twice in one
// object is refused, since `JSON.parse` would keep the last one and leave the other out without a word.
import { Failure } from "#protocols/failure.ts";
import { formatPath, type KeyPath } from "#protocols/outside/problem.ts";

/** Fails with `invalid`, naming the file and, where it is JSON, the place in it. */
export function modelJsonIn(source: string, file: string): unknown {
  const text = withoutMark(source);
  const value = parsed(text, file);
  refuseRepeatedKeys(text, file);
  return value;
}

/** Without a mark of the byte order. */
export const withoutMark = (text: string): string =>
  text.startsWith("\ufeff") ? text.slice(1) : text;

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid", `${file} is not JSON: ${Failure.of(cause).detail}`, cause);
  }
}

interface Inside {
  /** Of an object; undefined: it is a list. */
  readonly keys: Set<string> | undefined;
  /** The key, or the index, of what is read now. */
  step: string | number;
}

/** Strings, with the colon that makes a key of one, and what opens, closes and parts. */
const marks = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\],]/g;

/** `text` is JSON: what is no string and none of the marks is a number or a word. */
function refuseRepeatedKeys(text: string, file: string): void {
  const around: Inside[] = [];
  for (const { 0: mark, 1: word, 2: colon, index } of text.matchAll(marks)) {
    const inside = around.at(-1);
    if (mark === "{") around.push({ keys: new Set(), step: "" });
    else if (mark === "[") around.push({ keys: undefined, step: 0 });
    else if (mark === "}" || mark === "]") around.pop();
    else if (mark === ",") advance(inside);
    else if (inside?.keys && word !== undefined && colon !== undefined) {
      const key = String(JSON.parse(word));
      inside.step = key;
      if (inside.keys.has(key))
        throw repeated(
          around.map(({ step }) => step),
          spotAt(text, index),
          file,
        );
      inside.keys.add(key);
    }
  }
}

function advance(inside: Inside | undefined): void {
  if (typeof inside?.step === "number") inside.step += 1;
}

function repeated(path: KeyPath, spot: string, file: string): Failure {
  const seen = `${file}:${spot}: ${formatPath(path).slice(0, 128)} stands there twice`;
  return new Failure("invalid", `${seen} (take one of the two away)`);
}

/** `line:column`, both from 1. */
function spotAt(text: string, index: number): string {
  const before = text.slice(0, index).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
