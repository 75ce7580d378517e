// Batches of envelopes to bytes and back. msgpackr writes, with records, so that equal shapes in one
// batch are written once; `PlainReader` reads, with limits. The only file that imports msgpackr.
//
//   batch = [ header space | envelope envelope envelope ... ] [payload] [payload] ...
//
// A message is a value: it is encoded when it is sent, so that its sender may change its own copy
// afterwards. Byte arrays of `payloadBytesMin` and more are the exception: they travel uncopied as
// parts of their own, and belong to the receiver from then on.
import { addExtension, Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from "msgpackr";
import { ByteSlab } from "./byte-slab.ts";
import type { Envelope } from "./envelope.ts";
import { envelopeValues, layOut, readEnvelope, TextTable } from "./envelope-layout.ts";
import { Failure } from "./failure.ts";
import { headerBytes } from "./frames.ts";
import { limits } from "./limits.ts";
import { explainRefusal, PlainCheck, type RefPort, withReplacements } from "./plain-data.ts";
import { extensionTypes, PlainReader } from "./plain-reader.ts";

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

/** Stand-ins for values that msgpackr does not know. Private, so registering them harms nobody. */
class PayloadMark {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}
class RefMark {
  readonly fields: readonly unknown[];
  constructor(fields: readonly unknown[]) {
    this.fields = fields;
  }
}
addExtension({
  Class: PayloadMark,
  type: extensionTypes.payload,
  write: (mark: PayloadMark) => mark.index,
});
addExtension({ Class: RefMark, type: extensionTypes.ref, write: (mark: RefMark) => mark.fields });

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
  const reader = new PlainReader(refs);
  return {
    writer: () => new BatchWriter(refs),
    decode: (batch, payloadsUsed) => decodeBatch(reader, batch, payloadsUsed),
  };
}

function decodeBatch(
  reader: PlainReader,
  batch: ReceivedBatch,
  payloadsUsed: number[] | undefined,
): Envelope[] {
  if (batch.bytes.length > limits.frameBytesMax + headerBytes) {
    throw new Failure("invalid", `a batch has at most ${limits.frameBytesMax} bytes`);
  }
  const texts: string[] = [];
  const envelopes: Envelope[] = [];
  try {
    reader.open(batch.bytes, headerBytes, batch.payloads);
    for (let index = 0; index < batch.messages; index++) {
      envelopes.push(readEnvelope(reader, texts));
      payloadsUsed?.push(reader.payloadsUsed);
    }
    reader.close();
    return envelopes;
  } catch (cause) {
    reader.release();
    throw Failure.of(cause, "invalid");
  }
}

export class BatchWriter {
  readonly #refs: RefPort;
  readonly #check: PlainCheck;
  readonly #packr = new Packr({
    // Records are remembered from one `pack` to the next, until the batch is closed.
    sequential: true,
    structures: [],
    maxSharedStructures: 0,
    maxOwnStructures: 64,
    moreTypes: true,
    useToJSON: false,
  } as ConstructorParameters<typeof Packr>[0]);
  #texts = new TextTable();
  readonly #slab = new ByteSlab(headerBytes);
  #payloads: Uint8Array[] = [];
  #payloadBytes = 0;
  #messages = 0;
  #values = 0;
  #isAdding = false;

  constructor(refs: RefPort) {
    this.#refs = refs;
    this.#check = new PlainCheck(refs);
  }

  get messages(): number {
    return this.#messages;
  }

  /** Bytes in the open batch, payloads included. */
  get size(): number {
    return this.#slab.size + this.#payloadBytes;
  }

  /**
   * Encodes the envelope into the open batch. Fails with `invalid`, naming the place, when it
   * holds what cannot travel. Unless it is `added`, the batch is as before.
   */
  add(envelope: Envelope): AddOutcome {
    if (this.#isAdding) {
      throw new Failure("invalid", "a getter inside a message sends a message: send plain values");
    }
    const texts = this.#texts.size;
    const payloads = this.#payloads.length;
    const payloadBytes = this.#payloadBytes;
    const values = this.#values;
    let outcome: AddOutcome | undefined;
    this.#isAdding = true;
    try {
      outcome = this.#encode(envelope);
      return outcome;
    } finally {
      this.#isAdding = false;
      if (outcome !== "added") {
        this.#texts.truncate(texts);
        this.#payloads.length = payloads;
        this.#payloadBytes = payloadBytes;
        this.#values = values;
        // Records that only the discarded bytes defined must be written again.
        this.#packr.clearSharedData();
      }
    }
  }

  /** Ends the batch and begins the next. The bytes are fresh memory, never written again here. */
  close(): EncodedBatch {
    const { size } = this;
    const payloads = this.#payloads;
    const batch = { bytes: this.#slab.cut(), payloads, messages: this.#messages, size };
    this.#payloads = [];
    this.#payloadBytes = 0;
    this.#messages = 0;
    this.#values = 0;
    this.#packr.clearSharedData();
    this.#texts = new TextTable();
    return batch;
  }

  #encode(envelope: Envelope): AddOutcome {
    const payloadBytes = this.#payloadBytes;
    let fields: unknown[] = [];
    layOut(envelope, this.#texts, fields);
    const refused = this.#measure(envelope, fields);
    if (refused !== undefined) return this.#messages === 0 ? "too_large" : refused;
    if (this.#check.hasReplacements) {
      fields = fields.map((field) => withReplacements(field, (value) => this.#replace(value)));
      if (this.#payloads.length > limits.payloadsPerBatchMax) return this.#overfull();
      if (this.#payloads.some((payload) => payload.byteLength > limits.payloadBytesMax)) {
        return "too_large";
      }
      if (this.#payloadBytes - payloadBytes > limits.messagePayloadBytesMax) return "too_large";
    }
    // The result lies in msgpackr's own buffer, which its next `pack` overwrites.
    const packed = this.#packr.pack(fields, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as Buffer & {
      readonly start: number;
      readonly end: number;
    };
    const length = packed.end - packed.start;
    if (this.#slab.size + length - headerBytes > limits.frameBytesMax) return this.#overfull();
    this.#slab.append(packed, packed.start, packed.end);
    this.#messages++;
    return "added";
  }

  /** Undefined when the envelope is plain and the batch has room for its values. */
  #measure(envelope: Envelope, fields: readonly unknown[]): AddOutcome | undefined {
    const check = this.#check;
    check.reset();
    for (const field of fields) {
      if (check.visit(field, 1)) continue;
      throw new Failure("invalid", explainEnvelope(this.#refs, envelope));
    }
    if (check.bytesMin > limits.frameBytesMax) return "too_large";
    this.#values += check.values + envelopeValues;
    return this.#values > limits.decodeValuesMax ? "closed" : undefined;
  }

  #overfull(): AddOutcome {
    return this.#messages === 0 ? "too_large" : "closed";
  }

  #replace(value: object): unknown {
    if (value instanceof Uint8Array) {
      if (value.byteLength < limits.payloadBytesMin) {
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      }
      this.#payloadBytes += value.byteLength;
      return new PayloadMark(this.#payloads.push(value) - 1);
    }
    const ref = this.#refs.describe(value);
    if (ref === undefined) return value;
    const { node, path, uid } = ref.address;
    return new RefMark([node.name, node.incarnation, path, uid, ref.protocolId]);
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
