// A server for tests that speaks the Open Inference Protocol, with one model, and answers as a test says.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TensorValues } from "#actors/inference/engine/network.ts";

export interface Asked {
  readonly path: string;
  readonly header: {
    readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
    readonly outputs: readonly object[];
  };
  readonly tensors: Buffer;
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

export const metadata = {
  name: "eraser",
  versions: ["1"],
  platform: "onnxruntime_onnx",
  inputs: [{ name: "image", datatype: "FP32", shape: [-1, 2] }],
  outputs: [{ name: "output", datatype: "FP32", shape: [-1, 2] }],
};

export const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** A server with the model `eraser`, of the requests as the protocol has them. */
export async function withServer(
  answer: Answer,
  work: (url: string, asked: readonly Asked[]) => Promise<void>,
  declared: object = metadata,
  port = 0,
): Promise<void> {
  const all: Asked[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    const body = await bodyOf(request);
    if (path.endsWith("/ready")) {
      const isThere = path.startsWith("/v2/models/eraser/");
      if (isThere) response.writeHead(200).end();
      else json(response, 400, { error: "Model version not ready" });
    } else if (path.endsWith("/infer")) {
      const length = Number(request.headers["inference-header-content-length"]);
      const header = JSON.parse(body.subarray(0, length).toString());
      const asked = { path, header, tensors: body.subarray(length) };
      all.push(asked);
      answer(asked, response);
    } else json(response, 200, declared);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await work(`http://127.0.0.1:${bound}`, all);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export const row = (...values: number[]): TensorValues => ({
  image: { type: "float32", shape: [1, values.length], data: Float32Array.from(values) },
});

/** One minus what came, in binary. */
export const negative: Answer = ({ tensors }, response) => {
  const values = new Float32Array(new Uint8Array(tensors).buffer).map((one) => 1 - one);
  const output = { name: "output", datatype: "FP32", shape: [1, values.length] };
  const head = Buffer.from(
    JSON.stringify({
      ...{ model_name: "eraser", model_version: "1" },
      outputs: [{ ...output, parameters: { binary_data_size: values.byteLength } }],
    }),
  );
  response.writeHead(200, { "inference-header-content-length": head.byteLength });
  response.end(Buffer.concat([head, Buffer.from(values.buffer)]));
};
