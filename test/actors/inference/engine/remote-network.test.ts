import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, it } from "node:test";
import type { TensorValues } from "#actors/inference/engine/network.ts";
import { RemoteNetwork } from "#actors/inference/engine/remote-network.ts";
import { bytesOf, tensorOf, tensorOfNumbers } from "#actors/inference/engine/tensor-bytes.ts";
import { refusal } from "./engine-fixture.ts";

interface Asked {
  readonly path: string;
  readonly header: { readonly inputs: readonly { readonly name: string }[] };
  readonly tensors: Buffer;
}

type Answer = (asked: Asked, response: ServerResponse) => void;

const metadata = {
  name: "eraser",
  versions: ["1"],
  platform: "onnxruntime_onnx",
  inputs: [{ name: "image", datatype: "FP32", shape: [-1, 2] }],
  outputs: [{ name: "output", datatype: "FP32", shape: [-1, 2] }],
};

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** A server with the model `eraser`, of the requests as the protocol has them. */
async function withServer(
  answer: Answer,
  work: (url: string, asked: readonly Asked[]) => Promise<void>,
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
    } else json(response, 200, metadata);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await work(`http://127.0.0.1:${port}`, all);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const row = (...values: number[]): TensorValues => ({
  image: { type: "float32", shape: [1, values.length], data: Float32Array.from(values) },
});

/** One minus what came, in binary. */
const negative: Answer = ({ tensors }, response) => {
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

describe("a network on another server", () => {
  it("declares what the server's metadata says, and runs there in binary", () =>
    withServer(negative, async (url, asked) => {
      const network = await RemoteNetwork.connect({ url: `${url}/`, model: "eraser" });
      assert.deepEqual(network.inputs, [{ name: "image", type: "float32", shape: [-1, 2] }]);
      const { output } = await network.run(row(0.25, 1));
      assert.deepEqual(output, {
        ...{ type: "float32", shape: [1, 2], data: Float32Array.of(0.75, 0) },
      });
      assert.equal(asked[0]?.path, "/v2/models/eraser/infer");
      assert.deepEqual(asked[0]?.header, {
        inputs: [
          {
            ...{ name: "image", shape: [1, 2], datatype: "FP32" },
            parameters: { binary_data_size: 8 },
          },
        ],
        outputs: [{ name: "output", parameters: { binary_data: true } }],
      });
      await network.close();
      await refusal("model_failed", network.run(row(1, 1)));
    }));

  it("asks for the version that it is told", () =>
    withServer(negative, async (url, asked) => {
      const network = await RemoteNetwork.connect({ url, model: "eraser", version: 3 });
      await network.run(row(0, 0));
      assert.equal(asked[0]?.path, "/v2/models/eraser/versions/3/infer");
    }));

  it("reads an answer in JSON, nested or flat", async () => {
    for (const data of [[1, 2], [[1, 2]]]) {
      const output = { name: "output", datatype: "FP32", shape: [1, 2], data };
      await withServer(
        (_, response) => json(response, 200, { outputs: [output] }),
        async (url) => {
          const network = await RemoteNetwork.connect({ url, model: "eraser" });
          const answer = await network.run(row(0, 0));
          assert.deepEqual(answer.output?.data, Float32Array.of(1, 2));
        },
      );
    }
  });
});

describe("what goes wrong is told in the server's words", () => {
  const answers: readonly [string, Answer, RegExp][] = [
    [
      "an error",
      (_, response) => json(response, 400, { error: "unexpected shape" }),
      /400: unexpected shape/,
    ],
    [
      "a server that is overloaded",
      (_, response) => response.writeHead(503).end(),
      /answered 503$/,
    ],
    ["no JSON", (_, response) => response.end("hello"), /does not answer in JSON/],
    ["other JSON", (_, response) => json(response, 200, {}), /Open Inference Protocol/],
    [
      "a header that is longer than the answer",
      (_, response) => response.writeHead(200, { "inference-header-content-length": 99 }).end("{}"),
      /Open Inference Protocol/,
    ],
    [
      "too few elements",
      (_, response) => {
        const output = { name: "output", datatype: "FP32", shape: [1, 2], data: [1] };
        json(response, 200, { outputs: [output] });
      },
      /output output has 1 numbers for float32 \[1, 2\]/,
    ],
    [
      "too few bytes",
      (_, response) => {
        const output = { name: "output", datatype: "FP32", shape: [1, 2] };
        const parameters = { binary_data_size: 8 };
        json(response, 200, { outputs: [{ ...output, parameters }] });
      },
      /has 0 bytes for float32 \[1, 2\], not 8/,
    ],
    [
      "texts",
      (_, response) => {
        const output = { name: "output", datatype: "BYTES", shape: [1], data: ["x"] };
        json(response, 200, { outputs: [output] });
      },
      /of type BYTES, which cannot be read/,
    ],
    ["a broken connection", (_, response) => response.destroy(), /could not be asked/],
  ];
  for (const [name, answer, reason] of answers) {
    it(name, () =>
      withServer(answer, async (url) => {
        const network = await RemoteNetwork.connect({ url, model: "eraser" });
        const why = await refusal("model_failed", network.run(row(1, 1)));
        assert.match(why.detail, reason);
      }),
    );
  }

  it("a server that does not answer in time", () =>
    withServer(
      () => undefined,
      async (url) => {
        const network = await RemoteNetwork.connect({ url, model: "eraser", timeoutMs: 300 });
        const why = await refusal("model_failed", network.run(row(1, 1)));
        assert.match(why.detail, /could not be asked: .*timeout/);
      },
    ));

  it("a model that is not there, and a server that is not", async () => {
    let gone = "";
    await withServer(negative, async (url) => {
      gone = url;
      const why = await refusal("model_failed", RemoteNetwork.connect({ url, model: "lama" }));
      assert.match(why.detail, /ready answered 400: Model version not ready/);
    });
    const why = await refusal(
      "model_failed",
      RemoteNetwork.connect({ url: gone, model: "eraser" }),
    );
    assert.match(why.detail, /could not be asked: .*ECONNREFUSED/);
  });
});

it("tensors of every type survive the way to bytes and back", () => {
  const arrays = {
    ...{ float16: Uint16Array.of(15_360, 1), float32: Float32Array.of(0.5, -2) },
    ...{ float64: Float64Array.of(0.1, 9), uint8: Uint8Array.of(1, 255) },
    ...{ int8: Int8Array.of(-1, 5), uint16: Uint16Array.of(1, 65_535) },
    ...{ int16: Int16Array.of(-2, 7), uint32: Uint32Array.of(1, 4_294_967_295) },
    ...{ int32: Int32Array.of(-3, 8), uint64: BigUint64Array.of(1n, 2n ** 64n - 1n) },
    ...{ int64: BigInt64Array.of(-1n, 2n), bool: Uint8Array.of(0, 1) },
  } as const;
  const names = [
    ...(["float16", "float32", "float64", "uint8", "int8", "uint16"] as const),
    ...(["int16", "uint32", "int32", "uint64", "int64", "bool"] as const),
  ];
  for (const type of names) {
    const value = { type, shape: [2], data: arrays[type] };
    // At an odd place in memory, as part of an answer is.
    const odd = new Uint8Array(bytesOf(value).byteLength + 1);
    odd.set(bytesOf(value), 1);
    assert.deepEqual(tensorOf({ name: "x", type, shape: [2] }, odd.subarray(1)), value, type);
  }
  const whole = tensorOfNumbers({ name: "x", type: "int64", shape: [2] }, [1, -2]);
  assert.deepEqual(whole.data, BigInt64Array.of(1n, -2n));
});
