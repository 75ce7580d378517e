// Messages that go through the codec even between actors of one node, as if each lived on a node of
// its own: what could not travel is refused, and what arrives shares no memory with what was sent.
import { type BatchWriter, type Codec, createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { MessageCare } from "#runtime/core/message-care.ts";
import type { RefCodec } from "#runtime/core/ports.ts";
import { ActorRef } from "#runtime/core/ref.ts";

interface Copier {
  readonly codec: Codec;
  readonly writer: BatchWriter;
}

const copiers = new WeakMap<RefCodec, Copier>();
const nobody = { path: "/", uid: 0 };

/**
 * Encodes and decodes arguments and replies. What is no plain data fails with `invalid`, what is
 * larger than a message may be with `too_large`. Refs stay refs; bytes are copied, also those that
 * were to be moved.
 */
export const copiedMessages: MessageCare = {
  argumentsOf(method, args, refs) {
    const copy = copied({ kind: "tell", to: nobody, method, args }, method, refs);
    return copy?.kind === "tell" ? copy.args : args;
  },
  replyOf(value, refs) {
    const copy = copied({ kind: "reply", correlation: 0, value }, "the reply", refs);
    return copy?.kind === "reply" ? copy.value : value;
  },
};

function copied(envelope: Envelope, what: string, refs: RefCodec): Envelope | undefined {
  const { codec, writer } = copierFor(refs);
  if (writer.add(envelope) !== "added") {
    const text = `${what} is larger than a message between nodes may be: ${limits.frameBytesMax} bytes beside its byte arrays, each at most ${limits.payloadBytesMax}; send less at once`;
    throw new Failure("too_large", text);
  }
  const { bytes, payloads, messages } = writer.close();
  const [copy] = codec.decode({
    bytes,
    payloads: payloads.map((each) => Buffer.from(each)),
    messages,
  });
  return copy;
}

function copierFor(refs: RefCodec): Copier {
  const known = copiers.get(refs);
  if (known) return known;
  const codec = createCodec({ refs, refClass: ActorRef });
  const made = { codec, writer: codec.writer() };
  copiers.set(refs, made);
  return made;
}
