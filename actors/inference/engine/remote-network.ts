// A network that another server runs, asked by the Open Inference Protocol (KServe v2) over HTTP. Tensors
// go out in binary; they may come back in binary or as JSON, output by output.
//
//   POST /v2/models/<model>/infer      Inference-Header-Content-Length: 120
//   | JSON, 120 bytes | first tensor | second tensor | …
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { runScope } from "../batching/run-scope.ts";
import type { Network, TensorPort, TensorValue, TensorValues } from "./network.ts";
import { type RemotePlace, remoteHeaders } from "./remote-place.ts";
import { type RemoteAnswer, RemoteServer } from "./remote-server.ts";
import {
  bytesOf,
  datatypeOf,
  elementTypeOf,
  isElementType,
  tensorOf,
  tensorOfJson,
} from "./tensor-bytes.ts";

const concurrencyDefault = 4;
const timeoutMsDefault = 60_000;
/** Of a question that no model has to be run for. */
const metadataTimeoutMs = 10_000;
/** Its ports, and nothing large. */
const metadataBytesMax = 4 * 1024 * 1024;
/** Tensors, which may be many, and larger than those that went out; never so much that it ends the process. */
const answerBytesMax = (sentBytes: number): number =>
  Math.min(1024 * mebibyte, Math.max(64 * mebibyte, 64 * sentBytes));
const mebibyte = 1024 * 1024;
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

interface RemotePorts {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
}

export class RemoteNetwork implements Network {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  readonly platform = "kserve_v2";
  readonly overlapMax: number;
  readonly #server: RemoteServer;
  readonly #path: string;
  readonly #timeoutMs: number;
  #isClosed = false;

  private constructor(server: RemoteServer, place: RemotePlace, ports: RemotePorts) {
    this.#server = server;
    this.#path = pathOf(place);
    this.inputs = ports.inputs;
    this.outputs = ports.outputs;
    this.#timeoutMs = place.timeoutMs ?? timeoutMsDefault;
    this.overlapMax = place.concurrency ?? concurrencyDefault;
  }

  /**
   * Asks what the model takes. Fails with `unavailable` when the server is away, does not answer, or is
   * not ready to run the model; `model_failed` when it does not let us in, is not understood, or has
   * tensors of a type that cannot be fed or read; `invalid` when a header cannot be read.
   */
  static async connect(place: RemotePlace): Promise<RemoteNetwork> {
    const server = new RemoteServer(place.url, await remoteHeaders(place));
    const path = pathOf(place);
    const timeoutMs = timeLeft(Math.min(place.timeoutMs ?? timeoutMsDefault, metadataTimeoutMs));
    const signal = runScope.getStore()?.signal;
    const question = { timeoutMs, signal, bytesMax: metadataBytesMax };
    // Servers answer alike for one that is still being loaded, and one that they do not have.
    const ready = { ...question, path: `${path}/ready`, refusal: "unavailable" } as const;
    await server.ask(ready).catch(unavailableWhenLate);
    const { bytes } = await server.ask({ ...question, path }).catch(unavailableWhenLate);
    const where = `${server.url}/${path}`;
    const metadata = jsonIn(bytes, where);
    if (!metadataCheck.Check(metadata)) throw strange(where);
    const [inputs, outputs] = [metadata.inputs.map(portOf), metadata.outputs.map(portOf)];
    refuseTypes(inputs, outputs);
    return new RemoteNetwork(server, place, { inputs, outputs });
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
        outputs: this.outputs
          .filter(isReadable)
          .map(({ name }) => ({ name, parameters: { binary_data: true } })),
      }),
    );
    const body = Buffer.concat([header, ...entries.map(([, value]) => bytesOf(value))]);
    const answer = await this.#server.ask({
      path: `${this.#path}/infer`,
      body,
      headers: {
        "content-type": "application/octet-stream",
        [lengthHeader]: String(header.byteLength),
      },
      timeoutMs: timeLeft(this.#timeoutMs),
      bytesMax: answerBytesMax(body.byteLength),
      signal: runScope.getStore()?.signal,
    });
    return this.#valuesIn(answer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #valuesIn({ bytes, headers }: RemoteAnswer): TensorValues {
    const where = `${this.#server.url}/${this.#path}`;
    const headerLength = headers.get(lengthHeader);
    const length = headerLength === null ? bytes.byteLength : Number(headerLength);
    if (!Number.isInteger(length) || length < 0 || length > bytes.byteLength) throw strange(where);
    const answer = jsonIn(bytes.subarray(0, length), where);
    if (!answerCheck.Check(answer)) throw strange(where);
    let offset = length;
    const values = answer.outputs.map((output): readonly [string, TensorValue] => {
      const port = { ...output, type: typeIn(output) };
      const size = output.parameters?.binary_data_size;
      if (size === undefined) return [output.name, tensorOfJson(port, output.data ?? [])];
      const part = bytes.subarray(offset, offset + size);
      offset += size;
      return [output.name, tensorOf(port, part)];
    });
    return Object.fromEntries(values);
  }
}

const pathOf = ({ model, version }: RemotePlace): string =>
  `v2/models/${encodeURIComponent(model)}${version ? `/versions/${version}` : ""}`;

/** Nobody waits longer than until the deadline of what it is asked for. */
function timeLeft(timeoutMs: number): number {
  const deadlineMs = runScope.getStore()?.deadlineMs ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.round(Math.min(timeoutMs, deadlineMs - performance.now())));
}

/** While it is being loaded nobody has a run that took too long. */
function unavailableWhenLate(cause: unknown): never {
  const { code, detail } = Failure.of(cause);
  throw new Failure(code === "timeout" ? "unavailable" : code, detail, cause);
}

const isReadable = ({ type }: TensorPort): boolean => isElementType(type);

/** Outputs beside one that can be read are not asked for. */
function refuseTypes(inputs: readonly TensorPort[], outputs: readonly TensorPort[]): void {
  const unfed = inputs.find((port) => !isReadable(port));
  if (unfed) {
    const what = `its input ${unfed.name} is of type ${unfed.type}, which cannot be fed`;
    throw new Failure("model_failed", what);
  }
  if (outputs.some(isReadable)) return;
  const seen = outputs.map(({ name, type }) => `${name} of type ${type}`).join(", ") || "none";
  throw new Failure("model_failed", `its outputs are ${seen}: none can be read`);
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
