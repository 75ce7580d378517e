// Batches of envelopes to bytes and back, as MessagePack with the records of msgpackr: equal shapes in
// one batch are written once. `PlainWriter` writes, `PlainReader` reads, both with limits.
//
//   batch = [ header space | envelope envelope envelope ... ] [payload] [payload] ...
//
// A message is a value: it is encoded when it is sent, so that its sender may change its own copy
// afterwards. Byte arrays of `payloadBytesMin` and more are the exception: they travel uncopied as
// parts of their own, and belong to the receiver from then on.
import { ByteSlab, Overfull } from "./byte-slab.ts";
import type { Envelope } from "./envelope.ts";
import { envelopeValues, layOut, WrittenOut } from "./envelope-layout.ts";
import { EnvelopeReader } from "./envelope-reading.ts";
import { Failure } from "./failure.ts";
import { headerBytes } from "./frames.ts";
import { limits } from "./limits.ts";
import { explainRefusal, PlainCheck, type RefPort } from "./plain-data.ts";
import { PlainReader } from "./plain-reader.ts";
import { PlainWriter } from "./plain-writer.ts";

/** A closed batch: bytes that begin with space for the header, and its payloads. */
export interface EncodedBatch {
  readonly bytes: Buffer;
  readonly payloads: readonly Uint8Array[];
  readonly messages: number;
  /** Of bytes and payloads together. */
  readonly size: number;
}

export type ReceivedBatch = Pick<EncodedBatch, "bytes" | "payloads" | "messages">;

/** `closed`: the batch must be closed first, then the envelope fits into the next one. */
export type AddOutcome = "added" | "closed" | "too_large";

export interface Codec {
  /** Writes one batch after the other. */
  writer(): BatchWriter;
  /**
   * Fails with `invalid` when anything is wrong; then no envelope of the batch counts. For each
   * envelope `payloadsUsed` gets the number of payloads that it and those before it hold.
   */
  decode(batch: ReceivedBatch, payloadsUsed?: number[]): Envelope[];
}

/** `refs` is only asked about instances of `refClass`; every other class instance is refused. */
export function createCodec(options: {
  readonly refs: RefPort;
  readonly refClass: abstract new (...args: never[]) => object;
}): Codec {
  const { refClass } = options;
  const refs: RefPort = {
    describe: (value) => (value instanceof refClass ? options.refs.describe(value) : undefined),
    revive: (address, protocolId) => options.refs.revive(address, protocolId),
  };
  const decoder = new BatchDecoder(refs);
  return {
    writer: () => new BatchWriter(refs),
    decode: (batch, payloadsUsed) => decoder.decode(batch, payloadsUsed),
  };
}

class BatchDecoder {
  readonly #values: PlainReader;
  readonly #envelopes: EnvelopeReader;

  constructor(refs: RefPort) {
    this.#values = new PlainReader(refs);
    this.#envelopes = new EnvelopeReader(this.#values);
  }

  decode(batch: ReceivedBatch, payloadsUsed: number[] | undefined): Envelope[] {
    if (batch.bytes.length > limits.frameBytesMax + headerBytes) {
      throw new Failure("invalid", `a batch has at most ${limits.frameBytesMax} bytes`);
    }
    const values = this.#values;
    const envelopes: Envelope[] = [];
    try {
      values.open(batch.bytes, headerBytes, batch.payloads);
      this.#envelopes.begin();
      for (let index = 0; index < batch.messages; index++) {
        envelopes.push(this.#envelopes.read());
        payloadsUsed?.push(values.payloadsUsed);
      }
      values.close();
      return envelopes;
    } catch (cause) {
      values.release();
      throw Failure.of(cause, "invalid");
    }
  }
}

export class BatchWriter {
  readonly #refs: RefPort;
  readonly #slab = new ByteSlab({
    reserved: headerBytes,
    batchMax: limits.frameBytesMax + headerBytes,
  });
  readonly #writer: PlainWriter;
  readonly #writtenOut = new WrittenOut();
  #messages = 0;
  #isAdding = false;

  constructor(refs: RefPort) {
    this.#refs = refs;
    this.#writer = new PlainWriter(this.#slab, refs);
  }

  get messages(): number {
    return this.#messages;
  }

  /** Bytes in the open batch, payloads included. */
  get size(): number {
    return this.#slab.size + this.#writer.payloadBytes;
  }

  /**
   * Encodes the envelope into the open batch. Fails with `invalid`, naming the place, when it
   * holds what cannot travel. Unless it is `added`, the batch is as before.
   */
  add(envelope: Envelope): AddOutcome {
    if (this.#isAdding) {
      throw new Failure("invalid", "a getter inside a message sends a message: send plain values");
    }
    const writer = this.#writer;
    const { size } = this.#slab;
    const { values, payloadBytes, textsPlaced } = writer;
    const payloads = writer.payloads.length;
    let outcome: AddOutcome | undefined;
    this.#isAdding = true;
    try {
      outcome = this.#encode(envelope);
      return outcome;
    } catch (cause) {
      if (!(cause instanceof Overfull)) throw cause;
      outcome = this.#overfull();
      return outcome;
    } finally {
      this.#isAdding = false;
      if (outcome !== "added") {
        this.#slab.rewind(size);
        this.#writtenOut.forget();
        writer.discard({ values, payloads, payloadBytes, textsPlaced });
      }
    }
  }

  /** Ends the batch and begins the next. The bytes are fresh memory, never written again here. */
  close(): EncodedBatch {
    const { size } = this;
    const { payloads } = this.#writer;
    const batch = { bytes: this.#slab.cut(), payloads, messages: this.#messages, size };
    this.#messages = 0;
    this.#writer.begin();
    this.#writtenOut.forget();
    return batch;
  }

  /** Hot: W5. */
  #encode(envelope: Envelope): AddOutcome {
    const writer = this.#writer;
    const payloads = writer.payloads.length;
    const { payloadBytes } = writer;
    if (!layOut(envelope, this.#writtenOut, writer)) {
      throw new Failure("invalid", explainEnvelope(this.#refs, envelope));
    }
    writer.values += envelopeValues;
    if (writer.values > limits.decodeValuesMax) return this.#overfull();
    if (writer.payloads.length > payloads) {
      if (writer.payloads.some(({ byteLength }) => byteLength > limits.payloadBytesMax)) {
        return "too_large";
      }
      if (writer.payloadBytes - payloadBytes > limits.messagePayloadBytesMax) return "too_large";
      if (writer.payloads.length > limits.payloadsPerBatchMax) return this.#overfull();
    }
    this.#messages++;
    return "added";
  }

  #overfull(): AddOutcome {
    return this.#messages === 0 ? "too_large" : "closed";
  }
}

function explainEnvelope(refs: RefPort, envelope: Envelope): string {
  if (envelope.kind === "reply") return explainRefusal(refs, envelope.value, "the reply");
  const check = new PlainCheck(refs);
  const args = "args" in envelope ? envelope.args : [];
  const method = "method" in envelope ? envelope.method : envelope.kind;
  for (const [index, argument] of args.entries()) {
    if (check.visit(argument, 1)) continue;
    return explainRefusal(refs, argument, `argument ${index + 1} of ${method}`);
  }
  return `a field of the ${envelope.kind} is not plain data`;
}
