// An envelope as a positional array: a number for its kind, then its fields.
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
//   tell again  14              ...args
//   ask again   15              correlation, remaining ms, ...args
//
// What goes "again" has receiver, method and context of the last tell or ask that was written out.
// `envelope-reading.ts` reads it.
import { contextFields, layOutContext } from "./context-layout.ts";
import type { Envelope, Exit, Target } from "./envelope.ts";
import { sendableName, sendablePath } from "./envelope-names.ts";
import type { PlainWriter } from "./plain-writer.ts";

/** Values that an envelope counts besides its arguments. */
export const envelopeValues = 14;

type Message = Extract<Envelope, { kind: "tell" | "ask" }>;

/** The message of a batch that was written out last: what equals it in all but arguments goes "again". */
export class WrittenOut {
  #last: Message | undefined;

  /**
   * Whether it differs from that one in its arguments and numbers alone. Contexts of one sender are one
   * object, as long as no trace and no chain make them differ.
   */
  isAgain(message: Message): boolean {
    const last = this.#last;
    if (last === undefined || last.kind !== message.kind) return false;
    const { to, context } = message;
    return (
      last.to.uid === to.uid &&
      last.method === message.method &&
      last.to.path === to.path &&
      last.context === context &&
      isControl(last) === isControl(message)
    );
  }

  is(message: Message): void {
    this.#last = message;
  }

  forget(): void {
    this.#last = undefined;
  }
}

const isControl = (message: Message): boolean =>
  message.kind === "tell" && message.isControl === true;

/**
 * Writes the envelope. False when a value in it may not travel. Fails with `invalid` for names that no
 * receiver would accept, and with `Overfull`.
 */
export function layOut(envelope: Envelope, writtenOut: WrittenOut, writer: PlainWriter): boolean {
  switch (envelope.kind) {
    case "tell":
    case "ask":
      return layOutMessage(envelope, writtenOut, writer);
    case "cancel":
      writer.array(2);
      writer.number(3);
      writer.number(envelope.correlation);
      return true;
    case "reply":
      writer.array(3);
      writer.number(4);
      writer.number(envelope.correlation);
      return writer.value(envelope.value, 1);
    case "refusal":
      return layOutValues(writer, 5, [
        envelope.correlation,
        envelope.failure.code,
        envelope.failure.detail,
      ]);
    case "watch":
    case "unwatch":
      writer.array(4);
      layOutTarget(writer, envelope.kind === "watch" ? 6 : 7, envelope.to);
      writer.number(envelope.watcher);
      return true;
    case "pause":
    case "resume":
      writer.array(3);
      layOutTarget(writer, envelope.kind === "pause" ? 12 : 13, envelope.to);
      return true;
    case "terminated": {
      const exit = exitFields(envelope.exit);
      writer.array(4 + exit.length);
      layOutTarget(writer, 8, envelope.to);
      writer.number(envelope.watcher);
      return exit.every((field) => writer.value(field, 1));
    }
    default:
      return envelope satisfies never;
  }
}

function layOutMessage(message: Message, writtenOut: WrittenOut, writer: PlainWriter): boolean {
  const { args, context } = message;
  const asks = message.kind === "ask" ? 2 : 0;
  const isAgain = writtenOut.isAgain(message);
  if (isAgain) {
    writer.array(1 + asks + args.length);
    writer.number(asks === 0 ? 14 : 15);
  } else {
    writer.array(4 + asks + (context ? contextFields : 0) + args.length);
    layOutTarget(writer, messageKind(message), message.to);
    writer.text(sendableName(message.method));
  }
  if (message.kind === "ask") {
    writer.number(message.correlation);
    writer.number(message.remainingMs);
  }
  if (!isAgain) {
    if (context) layOutContext(context, writer);
    writtenOut.is(message);
  }
  for (let index = 0; index < args.length; index += 1) {
    if (!writer.value(args[index], 1)) return false;
  }
  return true;
}

function messageKind(message: Message): number {
  if (message.kind === "ask") return message.context ? 11 : 2;
  const plain = isControl(message) ? 1 : 0;
  return message.context ? plain + 9 : plain;
}

function layOutTarget(writer: PlainWriter, kind: number, to: Target): void {
  writer.number(kind);
  writer.text(sendablePath(to.path));
  writer.number(to.uid);
}

function layOutValues(writer: PlainWriter, kind: number, values: readonly unknown[]): boolean {
  writer.array(1 + values.length);
  writer.number(kind);
  return values.every((value) => writer.value(value, 1));
}

function exitFields(exit: Exit): readonly unknown[] {
  switch (exit.kind) {
    case "stopped":
      return [0];
    case "crashed":
      return [1, exit.failure.code, exit.failure.detail];
    case "node-down":
      return [2, exit.node];
    default:
      return exit satisfies never;
  }
}
