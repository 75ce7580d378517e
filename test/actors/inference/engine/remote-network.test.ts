import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RemoteNetwork } from "#actors/inference/engine/remote-network.ts";
import { bytesOf, tensorOf, tensorOfJson } from "#actors/inference/engine/tensor-bytes.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { refusal } from "./engine-fixture.ts";
import { type Answer, json, metadata, negative, row, withServer } from "./protocol-server.ts";

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
  const answers: readonly [string, Answer, RegExp, FailureCode?][] = [
    [
      "an error",
      (_, response) => json(response, 400, { error: "unexpected shape" }),
      /400: unexpected shape/,
    ],
    [
      "a server that is overloaded",
      (_, response) => response.writeHead(503).end(),
      /eraser\/infer answered 503$/,
      "unavailable",
    ],
    [
      "an error page of somebody on the way",
      (_, response) => response.writeHead(500).end("<h1>Oh\n no</h1>"),
      /eraser\/infer answered 500: <h1>Oh no<\/h1>$/,
    ],
    [
      "an error that is longer than anybody reads",
      (_, response) => json(response, 500, { error: `out of luck ${"!".repeat(500_000)}` }),
      /eraser\/infer answered 500: \{"error":"out of luck !+$/,
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
      "too many elements",
      (_, response) => {
        const output = { name: "output", datatype: "FP32", shape: [1, 2], data: [[1, 2, 3, 4]] };
        json(response, 200, { outputs: [output] });
      },
      /output output has more than 2 numbers for float32 \[1, 2\]/,
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
    [
      "texts in binary",
      (_, response) => {
        const output = { name: "output", datatype: "BYTES", shape: [1] };
        const outputs = [{ ...output, parameters: { binary_data_size: 5 } }];
        const head = Buffer.from(JSON.stringify({ outputs }));
        response.writeHead(200, { "inference-header-content-length": head.byteLength });
        response.end(Buffer.concat([head, Buffer.from([1, 0, 0, 0, 120])]));
      },
      /of type BYTES, which cannot be read/,
    ],
    ...(["x", null, true] as const).map((data): [string, Answer, RegExp] => [
      `${JSON.stringify(data)} in the place of a number`,
      (_, response) => {
        const output = { name: "output", datatype: "FP32", shape: [1, 2], data: [1, data] };
        json(response, 200, { outputs: [output] });
      },
      /of type float32 has ("x"|null|true) among its elements/,
    ]),
    ...([1.5, 256, -1] as const).map((data): [string, Answer, RegExp] => [
      `${data} for a byte`,
      (_, response) => {
        const output = { name: "output", datatype: "UINT8", shape: [1], data: [data] };
        json(response, 200, { outputs: [output] });
      },
      /of type uint8 has (1.5|256|-1) among its elements/,
    ]),
    [
      "a broken connection",
      (_, response) => response.destroy(),
      /http.*could not be asked/,
      "unavailable",
    ],
  ];
  for (const [name, answer, reason, code = "model_failed"] of answers) {
    it(name, () =>
      withServer(answer, async (url) => {
        const network = await RemoteNetwork.connect({ url, model: "eraser" });
        const why = await refusal(code, network.run(row(1, 1)));
        assert.match(why.detail, reason);
      }),
    );
  }

  it("a server that does not answer in time", () =>
    withServer(
      () => undefined,
      async (url) => {
        const network = await RemoteNetwork.connect({ url, model: "eraser", timeoutMs: 300 });
        const why = await refusal("timeout", network.run(row(1, 1)));
        assert.match(why.detail, /^http:.*eraser\/infer did not answer within 300 ms$/);
      },
    ));

  it("a model that is not there, and a server that is not", async () => {
    let gone = "";
    await withServer(negative, async (url) => {
      gone = url;
      const why = await refusal("unavailable", RemoteNetwork.connect({ url, model: "lama" }));
      assert.match(why.detail, /ready answered 400: Model version not ready/);
    });
    const why = await refusal("unavailable", RemoteNetwork.connect({ url: gone, model: "eraser" }));
    assert.match(why.detail, /could not be asked: .*ECONNREFUSED/);
  });
});

describe("types that cannot be fed or read", () => {
  const label = { name: "label", datatype: "BYTES", shape: [-1] };

  it("a model that wants texts, or gives nothing but texts, is refused when it is loaded", async () => {
    for (const [declared, reason] of [
      [{ ...metadata, inputs: [...metadata.inputs, label] }, /input label is of type BYTES/],
      [{ ...metadata, outputs: [label] }, /outputs are label of type BYTES: none can be read/],
      [{ ...metadata, outputs: [] }, /outputs are none: none can be read/],
    ] as const) {
      await withServer(
        negative,
        async (url) => {
          const connecting = RemoteNetwork.connect({ url, model: "eraser" });
          assert.match((await refusal("model_failed", connecting)).detail, reason);
        },
        declared,
      );
    }
  });

  it("texts beside a tensor are not asked for", () =>
    withServer(
      negative,
      async (url, asked) => {
        const network = await RemoteNetwork.connect({ url, model: "eraser" });
        const { output } = await network.run(row(1, 0));
        assert.deepEqual(output?.data, Float32Array.of(0, 1));
        assert.deepEqual(asked[0]?.header.outputs, [
          { name: "output", parameters: { binary_data: true } },
        ]);
      },
      { ...metadata, outputs: [label, ...metadata.outputs] },
    ));
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
  const whole = tensorOfJson({ name: "x", type: "int64", shape: [2] }, [1, -2]);
  assert.deepEqual(whole.data, BigInt64Array.of(1n, -2n));
});
