// A network that another server runs, asked by the Open Inference Protocol (KServe v2) over HTTP. Tensors
// go out in binary; they may come back in binary or as JSON, output by output.
//
//   POST /v2/models/<model>/infer      Inference-Header-Content-Length: 120
//   | JSON, 120 bytes | first tensor | second tensor | …
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { Network, TensorPort, TensorValue, TensorValues } from "./network.ts";
import { bytesOf, datatypeOf, elementTypeOf, tensorOf, tensorOfNumbers } from "./tensor-bytes.ts";

/** What `remote.json` of a version's folder says in the place of a model's file. */
export const RemotePlace = Type.Object(
  {
    /** Of the server, as `http://127.0.0.1:8000`. */
    url: Type.String({ pattern: "^https?://", maxLength: 1_024 }),
    /** Its name there. */
    model: Type.String({ minLength: 1, maxLength: 256 }),
    /** Default: whichever the server chooses. */
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Of one run. Default: 60 000. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000 })),
  },
  { additionalProperties: false },
);
export type RemotePlace = Readonly<Static<typeof RemotePlace>>;

/** Bytes of one answer. Larger: the run fails. */
const answerBytesMax = 1024 * 1024 * 1024;
const timeoutMsDefault = 60_000;
const lengthHeader = "inference-header-content-length";

const Port = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: -1 }), { maxItems: 16 }),
});
const metadataCheck = Compile(Type.Object({ inputs: Type.Array(Port), outputs: Type.Array(Port) }));
const Output = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 16 }),
  parameters: Type.Optional(
    Type.Object({ binary_data_size: Type.Optional(Type.Integer({ minimum: 0 })) }),
  ),
  data: Type.Optional(Type.Array(Type.Unknown())),
});
type Output = Static<typeof Output>;
const answerCheck = Compile(Type.Object({ outputs: Type.Array(Output) }));
const errorCheck = Compile(Type.Object({ error: Type.String() }));

export class RemoteNetwork implements Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  readonly #base: string;
  readonly #timeoutMs: number;
  #isClosed = false;

  private constructor(
    base: string,
    ports: { readonly inputs: readonly TensorPort[]; readonly outputs: readonly TensorPort[] },
    timeoutMs: number,
  ) {
    this.#base = base;
    this.inputs = ports.inputs;
    this.outputs = ports.outputs;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks what the model takes. Fails with `model_failed`: not there, not ready, not understood. */
  static async connect({
    url,
    model,
    version,
    timeoutMs = timeoutMsDefault,
  }: RemotePlace): Promise<RemoteNetwork> {
    const path = `v2/models/${encodeURIComponent(model)}`;
    const base = `${url.replace(/\/$/, "")}/${path}${version ? `/versions/${version}` : ""}`;
    await asked(`${base}/ready`, {}, timeoutMs);
    const { bytes } = await asked(base, {}, timeoutMs);
    const metadata = jsonIn(bytes, base);
    if (!metadataCheck.Check(metadata)) throw strange(base);
    const { inputs, outputs } = metadata;
    const ports = { inputs: inputs.map(portOf), outputs: outputs.map(portOf) };
    return new RemoteNetwork(base, ports, timeoutMs);
  }

  /** Runs may overlap. */
  async run(inputs: TensorValues): Promise<TensorValues> {
    if (this.#isClosed) throw new Failure("model_failed", "it is closed");
    const entries = Object.entries(inputs);
    const header = Buffer.from(
      JSON.stringify({
        inputs: entries.map(([name, value]) => ({
          ...{ name, shape: value.shape, datatype: datatypeOf(value.type) },
          parameters: { binary_data_size: value.data.byteLength },
        })),
        outputs: this.outputs.map(({ name }) => ({ name, parameters: { binary_data: true } })),
      }),
    );
    const body = Buffer.concat([header, ...entries.map(([, value]) => bytesOf(value))]);
    const request = {
      method: "POST",
      body,
      headers: {
        "content-type": "application/octet-stream",
        [lengthHeader]: String(header.byteLength),
      },
    };
    const { bytes, headers } = await asked(`${this.#base}/infer`, request, this.#timeoutMs);
    return this.#answerIn(bytes, headers.get(lengthHeader));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #answerIn(bytes: Uint8Array, headerLength: string | null): TensorValues {
    const length = headerLength === null ? bytes.byteLength : Number(headerLength);
    if (!Number.isInteger(length) || length < 0 || length > bytes.byteLength) {
      throw strange(this.#base);
    }
    const answer = jsonIn(bytes.subarray(0, length), this.#base);
    if (!answerCheck.Check(answer)) throw strange(this.#base);
    let offset = length;
    const values = answer.outputs.map((output): readonly [string, TensorValue] => {
      const size = output.parameters?.binary_data_size;
      if (size === undefined) return [output.name, valueOfNumbers(output)];
      const part = bytes.subarray(offset, offset + size);
      offset += size;
      return [output.name, tensorOf({ ...output, type: typeIn(output) }, part)];
    });
    return Object.fromEntries(values);
  }
}

interface Answer {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

async function asked(url: string, request: RequestInit, timeoutMs: number): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { ...request, signal, redirect: "error" });
    const bytes = await bounded(response);
    if (response.status === 200) return { bytes, headers: response.headers };
    const told = errorIn(bytes);
    throw new Failure("model_failed", `${url} answered ${response.status}${told}`);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const detail = Failure.of(reason).detail;
    throw new Failure("model_failed", `${url} could not be asked: ${detail}`, cause);
  }
}

async function bounded(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > answerBytesMax) {
      throw new Failure("model_failed", `the answer has more than ${answerBytesMax} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function errorIn(bytes: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return errorCheck.Check(value) ? `: ${value.error.slice(0, 1_000)}` : "";
  } catch {
    // Without a body that says why.
    return "";
  }
}

function jsonIn(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new Failure("model_failed", `${url} does not answer in JSON`, cause);
  }
}

const strange = (url: string): Failure =>
  new Failure("model_failed", `${url} does not answer by the Open Inference Protocol`);

const portOf = ({ name, datatype, shape }: Static<typeof Port>): TensorPort => ({
  name,
  type: elementTypeOf(datatype) ?? datatype,
  shape,
});

function typeIn({ name, datatype }: Output) {
  const type = elementTypeOf(datatype);
  if (type) return type;
  throw new Failure("model_failed", `output ${name} is of type ${datatype}, which cannot be read`);
}

function valueOfNumbers(output: Output): TensorValue {
  const numbers = (output.data ?? []).flat(16).map(Number);
  return tensorOfNumbers({ ...output, type: typeIn(output) }, numbers);
}
