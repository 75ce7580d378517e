// An envelope as a positional array and back: a number for its kind, then its fields.
//
//   tell        0 | 1 control   path, uid, method, ...args
//   ask         2               path, uid, method, correlation, remaining ms, ...args
//   cancel      3               correlation
//   reply       4               correlation, value
//   refusal     5               correlation, code, detail
//   watch       6               path, uid, watcher
//   unwatch     7               path, uid, watcher
//   terminated  8               path, uid, watcher, exit kind, ...
//   pause       12              path, uid
//   resume      13              path, uid
//   tell, ask   9 | 10, 11      as 0 | 1, 2 with a context before the arguments
//
// Paths and methods repeat in a batch: a text is written once, afterwards its position among the
// batch's texts. Every field is checked where it is read; nobody sees a half-checked envelope.
import { corrupt } from "./byte-cursor.ts";
import { type ContextReader, contextFields, layOutContext, readContext } from "./context-layout.ts";
import type { Envelope, Exit, Target } from "./envelope.ts";
import { Failure } from "./failure.ts";
import { type FailureData, isFailureCode } from "./failure-codes.ts";
import { linkLimits } from "./link-limits.ts";
import { isActorPath, isCount, type PlainReader } from "./plain-reader.ts";

/** Values that an envelope counts besides its arguments. */
export const envelopeValues = 14;

/** A batch's texts while it is written: text to position. */
export class TextTable {
  readonly #positions = new Map<string, number>();

  /** The path itself the first time, its position afterwards. */
  path(path: string): string | number {
    const position = this.#positions.get(path);
    if (position !== undefined) return position;
    if (isActorPath(path)) return this.#add(path);
    throw new Failure("invalid", `an actor's path begins with "/": ${String(path).slice(0, 80)}`);
  }

  /** The same for the name of a method. */
  method(method: string): string | number {
    const position = this.#positions.get(method);
    if (position !== undefined) return position;
    if (isMethod(method)) return this.#add(method);
    const size = linkLimits.methodLengthMax;
    throw new Failure("invalid", `a method has 1 to ${size} characters: ${method.slice(0, 80)}`);
  }

  #add(text: string): string {
    this.#positions.set(text, this.#positions.size);
    return text;
  }

  get size(): number {
    return this.#positions.size;
  }

  /** Forgets the newest texts beyond `size`. */
  truncate(size: number): void {
    if (this.#positions.size === size) return;
    for (const text of [...this.#positions.keys()].slice(size)) this.#positions.delete(text);
  }
}

/**
 * Appends the envelope's fields; arguments and reply values as they are. Fails with `invalid` for
 * names that no receiver would accept.
 */
export function layOut(envelope: Envelope, texts: TextTable, fields: unknown[]): void {
  switch (envelope.kind) {
    case "tell":
      layOutTarget(fields, tellKind(envelope), envelope.to, texts);
      fields.push(texts.method(envelope.method));
      if (envelope.context) layOutContext(envelope.context, texts, fields);
      for (const argument of envelope.args) fields.push(argument);
      return;
    case "ask":
      layOutTarget(fields, envelope.context ? 11 : 2, envelope.to, texts);
      fields.push(texts.method(envelope.method), envelope.correlation, envelope.remainingMs);
      if (envelope.context) layOutContext(envelope.context, texts, fields);
      for (const argument of envelope.args) fields.push(argument);
      return;
    case "cancel":
      fields.push(3, envelope.correlation);
      return;
    case "reply":
      fields.push(4, envelope.correlation, envelope.value);
      return;
    case "refusal":
      fields.push(5, envelope.correlation, envelope.failure.code, envelope.failure.detail);
      return;
    case "watch":
    case "unwatch":
      layOutTarget(fields, envelope.kind === "watch" ? 6 : 7, envelope.to, texts);
      fields.push(envelope.watcher);
      return;
    case "pause":
    case "resume":
      layOutTarget(fields, envelope.kind === "pause" ? 12 : 13, envelope.to, texts);
      return;
    case "terminated":
      layOutTarget(fields, 8, envelope.to, texts);
      fields.push(envelope.watcher);
      layOutExit(fields, envelope.exit);
      return;
    default:
      envelope satisfies never;
  }
}

function tellKind({ isControl, context }: Extract<Envelope, { kind: "tell" }>): number {
  const plain = isControl === true ? 1 : 0;
  return context ? plain + 9 : plain;
}

function layOutTarget(fields: unknown[], kind: number, to: Target, texts: TextTable): void {
  fields.push(kind, texts.path(to.path), to.uid);
}

function layOutExit(fields: unknown[], exit: Exit): void {
  switch (exit.kind) {
    case "stopped":
      fields.push(0);
      return;
    case "crashed":
      fields.push(1, exit.failure.code, exit.failure.detail);
      return;
    case "node-down":
      fields.push(2, exit.node);
      return;
    default:
      exit satisfies never;
  }
}

/** Reads one envelope; `texts` grows with the batch. */
export function readEnvelope(reader: PlainReader, texts: string[]): Envelope {
  const length = reader.arrayLength();
  reader.charge(envelopeValues);
  const kind = reader.value(1);
  switch (kind) {
    case 0:
    case 1:
    case 9:
    case 10: {
      const fields = kind >= 9 ? 4 + contextFields : 4;
      atLeast(length, fields);
      const to = readTarget(reader, texts);
      const method = readMethod(reader, texts);
      const context = kind >= 9 ? readContext(contextReader(reader, texts)) : undefined;
      const args = readArguments(reader, length - fields);
      const plain = { kind: "tell", to, method, args } as const;
      const tell = context ? { ...plain, context } : plain;
      return kind === 0 || kind === 9 ? tell : { ...tell, isControl: true };
    }
    case 2:
    case 11: {
      const fields = kind === 11 ? 6 + contextFields : 6;
      atLeast(length, fields);
      const to = readTarget(reader, texts);
      const method = readMethod(reader, texts);
      const correlation = readCount(reader);
      const remainingMs = readMs(reader);
      const context = kind === 11 ? readContext(contextReader(reader, texts)) : undefined;
      const args = readArguments(reader, length - fields);
      const asked = { kind: "ask", to, method, args, correlation, remainingMs } as const;
      return context ? { ...asked, context } : asked;
    }
    default:
      return readRest(reader, texts, kind, length);
  }
}

function readRest(reader: PlainReader, texts: string[], kind: unknown, length: number): Envelope {
  switch (kind) {
    case 3:
      exactly(length, 2);
      return { kind: "cancel", correlation: readCount(reader) };
    case 4:
      exactly(length, 3);
      return { kind: "reply", correlation: readCount(reader), value: reader.value(1) };
    case 5:
      exactly(length, 4);
      return { kind: "refusal", correlation: readCount(reader), failure: readFailure(reader) };
    case 6:
    case 7: {
      exactly(length, 4);
      const to = readTarget(reader, texts);
      return { kind: kind === 6 ? "watch" : "unwatch", to, watcher: readCount(reader) };
    }
    case 8: {
      atLeast(length, 5);
      const to = readTarget(reader, texts);
      const watcher = readCount(reader);
      return { kind: "terminated", to, watcher, exit: readExit(reader, length - 5) };
    }
    case 12:
    case 13: {
      exactly(length, 3);
      return { kind: kind === 12 ? "pause" : "resume", to: readTarget(reader, texts) };
    }
    default:
      throw corrupt("holds an envelope of unknown kind");
  }
}

function readExit(reader: PlainReader, fieldsLeft: number): Exit {
  const kind = reader.value(1);
  if (kind === 0 && fieldsLeft === 0) return { kind: "stopped" };
  if (kind === 1 && fieldsLeft === 2) return { kind: "crashed", failure: readFailure(reader) };
  if (kind === 2 && fieldsLeft === 1) {
    const node = reader.value(1);
    if (typeof node === "string") return { kind: "node-down", node };
  }
  throw corrupt("holds a malformed exit");
}

function readTarget(reader: PlainReader, texts: string[]): Target {
  return { path: readPath(reader, texts), uid: readCount(reader) };
}

function readPath(reader: PlainReader, texts: string[]): string {
  const path = readText(reader, texts);
  if (!isActorPath(path)) throw corrupt("holds a malformed path");
  return path;
}

function readMethod(reader: PlainReader, texts: string[]): string {
  const method = readText(reader, texts);
  if (!isMethod(method)) throw corrupt("holds a malformed method name");
  return method;
}

function readText(reader: PlainReader, texts: string[]): string {
  const reference = reader.value(1);
  const text = typeof reference === "number" ? texts[reference] : reference;
  if (typeof text !== "string") throw corrupt("refers to a text that it does not hold");
  if (typeof reference === "string") texts.push(text);
  return text;
}

const contextReader = (reader: PlainReader, texts: string[]): ContextReader => ({
  path: () => readPath(reader, texts),
  count: () => readCount(reader),
  name: () => readMethod(reader, texts),
  value: () => reader.value(1),
});

function readArguments(reader: PlainReader, length: number): unknown[] {
  const args: unknown[] = [];
  for (let index = 0; index < length; index++) args.push(reader.value(1));
  return args;
}

function readFailure(reader: PlainReader): FailureData {
  const code = reader.value(1);
  const detail = reader.value(1);
  if (!isFailureCode(code) || typeof detail !== "string")
    throw corrupt("holds a malformed failure");
  return { code, detail };
}

function readCount(reader: PlainReader): number {
  const value = reader.value(1);
  if (!isCount(value)) throw corrupt("holds a field that should be a count");
  return value;
}

function readMs(reader: PlainReader): number {
  const value = reader.value(1);
  if (typeof value !== "number" || !(value >= 0)) throw corrupt("holds a malformed time");
  return value;
}

function isMethod(text: string): boolean {
  return text.length > 0 && text.length <= linkLimits.methodLengthMax;
}

function atLeast(length: number, min: number): void {
  if (length < min) throw corrupt(`holds an envelope of ${length} fields`);
}

function exactly(length: number, wanted: number): void {
  if (length !== wanted) throw corrupt(`holds an envelope of ${length} fields`);
}
