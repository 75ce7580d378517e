// The bytes of outsiders as values, and answers as bytes in the way in which they asked. Pure.
//
// A message is JSON text, or MessagePack that begins with a map: their first bytes never coincide.
import { readMessagePack, writeMessagePack } from "#protocols/codec-message-pack.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";

export type Encoding = "json" | "messagepack";

/** 0x80 to 0x8f, 0xde and 0xdf begin maps in MessagePack, and no text in UTF-8. */
export function encodingOf(bytes: Uint8Array): Encoding {
  const [first = 0] = bytes;
  return first >= 0x80 ? "messagepack" : "json";
}

/** Fails with `too_large` or `invalid`. */
export function valueIn(bytes: Uint8Array, encoding: Encoding): unknown {
  const { messageBytesMax, messageValuesMax, messageDepthMax } = controlLimits;
  if (bytes.byteLength === 0) {
    throw new Failure("invalid", 'the message is empty; send for example { "command": "PING" }');
  }
  if (bytes.byteLength > messageBytesMax) {
    const text = `the message has ${bytes.byteLength} bytes, at most ${messageBytesMax}: send less`;
    throw new Failure("too_large", text);
  }
  if (encoding === "messagepack") {
    return readMessagePack(bytes, { valuesMax: messageValuesMax, depthMax: messageDepthMax });
  }
  return boundedJson(bytes);
}

export const bytesOf = (value: unknown, encoding: Encoding): Uint8Array =>
  encoding === "json" ? new TextEncoder().encode(JSON.stringify(value)) : writeMessagePack(value);

const utf8 = new TextDecoder("utf-8", { fatal: true });

function boundedJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    const text = `the message is no JSON in UTF-8 (${errorMessage(cause)}), nor a map in MessagePack`;
    throw new Failure("invalid", text.slice(0, 300), cause);
  }
  checkDepth(value);
  return value;
}

/** Without recursion: so short a text can nest deeper than the stack. */
function checkDepth(value: unknown): void {
  let level: readonly unknown[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > controlLimits.messageDepthMax) {
      const text = `the message is nested more than ${controlLimits.messageDepthMax} deep`;
      throw new Failure("invalid", text);
    }
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? Object.values(item) : [],
    );
  }
}
