// Reads what `envelope-layout.ts` has written. Every field is checked where it is read; nobody sees a
// half-checked envelope.
import { corrupt } from "./byte-cursor.ts";
import { contextFields, readContext } from "./context-layout.ts";
import type { Envelope, EnvelopeContext, Exit, Target } from "./envelope.ts";
import { envelopeValues } from "./envelope-layout.ts";
import { isActorPath, isName } from "./envelope-names.ts";
import { type FailureData, isFailureCode } from "./failure-codes.ts";
import { isCount, type PlainReader } from "./plain-reader.ts";

/** What a message has beside its arguments; shared by those that go "again". */
interface Head {
  readonly kind: "tell" | "ask";
  readonly to: Target;
  readonly method: string;
  readonly context: EnvelopeContext | undefined;
  readonly isControl: boolean;
}

export class EnvelopeReader {
  readonly #reader: PlainReader;
  #head: Head | undefined;

  constructor(reader: PlainReader) {
    this.#reader = reader;
  }

  /** A new batch. */
  begin(): void {
    this.#head = undefined;
  }

  /** Hot: W5. The next envelope. Fails with `invalid`. */
  read(): Envelope {
    const reader = this.#reader;
    const length = reader.arrayLength();
    reader.charge(envelopeValues);
    const kind = reader.value(1);
    switch (kind) {
      case 14:
        return this.#message(this.#headOf("tell"), length - 1);
      case 15:
        return this.#message(this.#headOf("ask"), length - 1);
      case 0:
      case 1:
      case 2:
      case 9:
      case 10:
      case 11:
        return this.#writtenOut(kind, length);
      default:
        return this.#rest(kind, length);
    }
  }

  #headOf(kind: "tell" | "ask"): Head {
    const head = this.#head;
    if (head?.kind === kind) return head;
    throw corrupt(`repeats ${kind === "tell" ? "a tell" : "an ask"} that it does not hold`);
  }

  #writtenOut(kind: 0 | 1 | 2 | 9 | 10 | 11, length: number): Envelope {
    const to = this.#target();
    const method = this.name();
    const isAsk = kind === 2 || kind === 11;
    const isControl = kind === 1 || kind === 10;
    if (!isAsk) {
      const context = kind >= 9 ? readContext(this) : undefined;
      this.#head = { kind: "tell", to, method, context, isControl };
      return this.#message(this.#head, length - 4 - (context ? contextFields : 0));
    }
    const correlation = this.count();
    const remainingMs = this.#ms();
    const context = kind === 11 ? readContext(this) : undefined;
    this.#head = { kind: "ask", to, method, context, isControl };
    const args = this.#arguments(length - 6 - (context ? contextFields : 0));
    return context
      ? { kind: "ask", to, method, args, context, correlation, remainingMs }
      : { kind: "ask", to, method, args, correlation, remainingMs };
  }

  /** What remains of a message behind its head: so many fields. */
  #message({ kind, to, method, context, isControl }: Head, fields: number): Envelope {
    if (kind === "ask") {
      const correlation = this.count();
      const remainingMs = this.#ms();
      const args = this.#arguments(fields - 2);
      return context
        ? { kind, to, method, args, context, correlation, remainingMs }
        : { kind, to, method, args, correlation, remainingMs };
    }
    const args = this.#arguments(fields);
    const tell = context ? { kind, to, method, args, context } : { kind, to, method, args };
    return isControl ? { ...tell, isControl } : tell;
  }

  #rest(kind: unknown, length: number): Envelope {
    switch (kind) {
      case 3:
        exactly(length, 2);
        return { kind: "cancel", correlation: this.count() };
      case 4:
        exactly(length, 3);
        return { kind: "reply", correlation: this.count(), value: this.value() };
      case 5:
        exactly(length, 4);
        return { kind: "refusal", correlation: this.count(), failure: this.#failure() };
      case 6:
      case 7: {
        exactly(length, 4);
        const to = this.#target();
        return { kind: kind === 6 ? "watch" : "unwatch", to, watcher: this.count() };
      }
      case 8: {
        const to = this.#target();
        const watcher = this.count();
        return { kind: "terminated", to, watcher, exit: this.#exit(length - 5) };
      }
      case 12:
      case 13:
        exactly(length, 3);
        return { kind: kind === 12 ? "pause" : "resume", to: this.#target() };
      default:
        throw corrupt("holds an envelope of unknown kind");
    }
  }

  // ---- fields, also for what stands in a context

  path(): string {
    const path = this.value();
    if (!isActorPath(path)) throw corrupt("holds a malformed path");
    return path;
  }

  name(): string {
    const method = this.value();
    if (typeof method !== "string" || !isName(method))
      throw corrupt("holds a malformed method name");
    return method;
  }

  count(): number {
    const value = this.#reader.value(1);
    if (!isCount(value)) throw corrupt("holds a field that should be a count");
    return value;
  }

  value(): unknown {
    return this.#reader.value(1);
  }

  #target(): Target {
    return { path: this.path(), uid: this.count() };
  }

  #arguments(length: number): unknown[] {
    if (length < 0) throw corrupt("holds an envelope of too few fields");
    // Hot: most have one, and an array that is made with it does not grow.
    if (length === 1) return [this.#reader.value(1)];
    const args: unknown[] = [];
    for (let index = 0; index < length; index += 1) args.push(this.#reader.value(1));
    return args;
  }

  #exit(fieldsLeft: number): Exit {
    const kind = this.value();
    if (kind === 0 && fieldsLeft === 0) return { kind: "stopped" };
    if (kind === 1 && fieldsLeft === 2) return { kind: "crashed", failure: this.#failure() };
    if (kind === 2 && fieldsLeft === 1) {
      const node = this.value();
      if (typeof node === "string") return { kind: "node-down", node };
    }
    throw corrupt("holds a malformed exit");
  }

  #failure(): FailureData {
    const code = this.value();
    const detail = this.value();
    if (!isFailureCode(code) || typeof detail !== "string")
      throw corrupt("holds a malformed failure");
    return { code, detail };
  }

  #ms(): number {
    const value = this.value();
    if (typeof value !== "number" || !(value >= 0)) throw corrupt("holds a malformed time");
    return value;
  }
}

function exactly(length: number, wanted: number): void {
  if (length !== wanted) throw corrupt(`holds an envelope of ${length} fields`);
}
