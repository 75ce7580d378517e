// The messages of simulated runs: each says who sent it to whom and as which, and may have a payload
// whose bytes follow from that, so that a receiver sees whether they are the right ones.
import { type Codec, createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { limits } from "#protocols/limits.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";

class NoRef {}

/** They carry no refs. */
export const numberedCodec: Codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: (address, protocolId) => ({ address, protocolId }) },
});

export interface NumberedMessage {
  /** The sender's incarnation. */
  readonly by: number;
  /** The receiver's name. */
  readonly to: string;
  readonly sequence: number;
  readonly payload: Uint8Array | undefined;
}

export function numberedMessage(
  message: Omit<NumberedMessage, "payload">,
  size: "plain" | "with-payload",
): Envelope {
  const { by, to, sequence } = message;
  const value = [by, to, sequence, size === "plain" ? null : payloadOf(message)];
  return { kind: "reply", correlation: sequence + 1, value };
}

/** Fails when it is none. */
export function readNumbered(envelope: Envelope): NumberedMessage {
  const value: unknown = envelope.kind === "reply" ? envelope.value : undefined;
  if (Array.isArray(value) && value.length === 4) {
    const [by, to, sequence, payload]: unknown[] = value;
    const isPayload = payload === null || payload instanceof Uint8Array;
    if (
      typeof by === "number" &&
      typeof to === "string" &&
      typeof sequence === "number" &&
      isPayload
    ) {
      return { by, to, sequence, payload: payload ?? undefined };
    }
  }
  throw broken(`a message came that nobody sent: ${JSON.stringify(envelope)}`);
}

export function isIntact(message: NumberedMessage): boolean {
  const { payload } = message;
  return payload === undefined || Buffer.compare(payloadOf(message), payload) === 0;
}

function payloadOf({ by, sequence }: Omit<NumberedMessage, "payload">): Uint8Array {
  return new Uint8Array(limits.payloadBytesMin + (sequence % 7)).fill((by * 31 + sequence) % 251);
}
