// Files as Triton's users have them, and what they become here.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { readTextProto } from "#actors/inference/repository/text-proto.ts";
import { tritonConfigIn } from "#actors/inference/repository/triton-config.ts";
import { Failure } from "#protocols/failure.ts";

const read = (text: string) => tritonConfigIn(text, "config.pbtxt");
const settings = (text: string) => settingsOf(read(text).value, "config.pbtxt");
const refusal = (text: string): string => {
  try {
    settings(text);
    return "accepted";
  } catch (cause) {
    const { code, detail } = Failure.of(cause);
    assert.equal(code, "invalid", detail);
    return detail;
  }
};

const whole = `
# An eraser.
name: "eraser"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "image" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 3, -1, -1 ] },
  { name: "mask", data_type: TYPE_FP32, dims: [ 1, -1, -1 ] }
]
output {
  name: "output"
  data_type: TYPE_FP32
  dims: 3 dims: -1 dims: -1
}
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching {
  preferred_batch_size: [ 4, 2 ]
  max_queue_delay_microseconds: 2500
  preserve_ordering: true
}
version_policy: { specific { versions: [1, 3] } }
optimization { graph { level: 1 } execution_accelerators { cpu_execution_accelerator: [ { name: "openvino" } ] } }
model_warmup [
  {
    name: "first" batch_size: 1 count: 5
    inputs { key: "image" value: { data_type: TYPE_FP32 dims: [3, 64, 64] random_data: true } }
  }
]
parameters { key: "troupe.inputs" value { string_value: '{ "mask": { "hole": 0 } }' } }
parameters { key: "troupe.padding" value { string_value: "{ \\"multiple\\": 8, \\"sizeMin\\": 0, \\"isSquare\\": false }" } }
parameters: { key: "execution_mode", value: { string_value: "1" } }
`;

describe("a config.pbtxt", () => {
  it("says what config.json would", () => {
    const { value, notes } = read(whole);
    const found = settingsOf(value, "config.pbtxt");
    assert.deepEqual(found.policy, { kind: "specific", versions: [1, 3] });
    assert.deepEqual(found.batching, { itemsMax: 8, preferred: [2, 4], delayMsMax: 2.5 });
    assert.deepEqual([found.instances, found.device], [2, "cpu"]);
    assert.equal(found.preservesOrder, true);
    assert.deepEqual(found.warmUp, { runs: 5, data: "random", files: null, parameters: {} });
    assert.deepEqual(found.inputs, {
      image: { element: "float32", shape: [-1, 3, -1, -1] },
      mask: { element: "float32", shape: [-1, 1, -1, -1], hole: 0 },
    });
    assert.deepEqual(found.outputs, { output: { element: "float32", shape: [-1, 3, -1, -1] } });
    const told = notes.join("\n");
    for (const part of ["optimization", "execution_mode"]) {
      assert.ok(told.includes(part), told);
    }
    assert.equal(notes.length, 2);
  });

  const cases: readonly [string, string, object][] = [
    ["nothing: a graphics processor where there is one", "", { device: "auto", instances: 1 }],
    ["a group without a kind", "instance_group { count: 3 }", { device: "auto", instances: 3 }],
    [
      "groups of one kind, together",
      "instance_group [ { kind: KIND_GPU gpus: [0] }, { count: 2 kind: KIND_GPU } ]",
      { device: "gpu", instances: 3 },
    ],
    ["all versions", "version_policy { all { } }", { policy: { kind: "all" } }],
    [
      "the latest two",
      "version_policy: <latest <num_versions: 2>>",
      { policy: { kind: "latest", count: 2 } },
    ],
    [
      "a network without a batch",
      'max_batch_size: 0 input { name: "x" data_type: TYPE_UINT8 dims: [1, 3, 8, 8] }',
      { inputs: { x: { element: "uint8", shape: [1, 3, 8, 8] } } },
    ],
    [
      "a shape that the network has instead of the client's",
      'max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [1] reshape { shape: [ ] } }',
      { inputs: { x: { element: "float32", shape: [-1] } } },
    ],
    [
      "batches as soon as there are several, without waiting",
      "max_batch_size: 64 dynamic_batching { }",
      { batching: { itemsMax: 16, preferred: [], delayMsMax: 0 } },
    ],
    [
      "a batch that nobody joins",
      "max_batch_size: 8",
      { batching: { itemsMax: 1, preferred: [], delayMsMax: 0 } },
    ],
    [
      "another kind of work",
      'parameters { key: "troupe.kind" value { string_value: "upscale" } }',
      { kind: "upscale" },
    ],
  ];
  for (const [name, text, expected] of cases) {
    it(`may say ${name}`, () => {
      const found: Readonly<Record<string, unknown>> = { ...settings(text) };
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(found[key], value);
    });
  }

  const refusals: readonly [string, RegExp][] = [
    [
      'platform: "tensorrt_plan"',
      /^config\.pbtxt:1: platform is tensorrt_plan; only onnxruntime_onnx/,
    ],
    ['backend: "python"', /backend is python/],
    [
      "\nmax_batchsize: 8",
      /^config\.pbtxt:2: max_batchsize is no field.*did you mean max_batch_size\?/,
    ],
    ['max_batch_size: "8"', /max_batch_size is "8", not a whole number/],
    ["max_batch_size: 1.5", /max_batch_size is 1\.5, not a whole number/],
    ["max_batch_size: 1 max_batch_size: 2", /max_batch_size stands there twice/],
    ["sequence_batching { }", /sequence_batching is not served: requests here do not depend/],
    ["ensemble_scheduling { step [ ] }", /ensemble_scheduling is not served/],
    ["model_transaction_policy { decoupled: true }", /decoupled/],
    ['input { name: "x" data_type: TYPE_BF16 dims: 1 }', /data_type of x is TYPE_BF16/],
    ['input { name: "x" data_type: TYPE_FP32 }', /dims of x are missing/],
    ['input { name: "x" data_type: TYPE_FP32 format: FORMAT_NHWC dims: 1 }', /FORMAT_NHWC/],
    [
      "instance_group { kind: KIND_MODEL }",
      /kind KIND_MODEL; served are KIND_AUTO, KIND_GPU, KIND_CPU/,
    ],
    ["instance_group [ { kind: KIND_CPU }, { kind: KIND_GPU } ]", /several kinds/],
    ["instance_group { kind: KIND_GPU gpus: [1] }", /other gpus than 0/],
    ["instance_group { count: 9 }", /instances is 9/],
    ["dynamic_batching { }", /wants a max_batch_size/],
    ["max_batch_size: 4 dynamic_batching { preferred_batch_size: 8 }", /batching: 4 items/],
    ['default_model_filename: "net.onnx"', /name the file model\.onnx/],
    ["version_policy { latest { } all { } }", /one of latest, specific and all/],
    ['parameters { key: "troupe.instances" value { string_value: "two" } }', /instances is "two"/],
    ["input {", /^config\.pbtxt:1: the end of the file stands where the name of a field/],
    ["name 8", /8 stands where a colon or \{ is expected/],
    ["name: }", /\} stands where a value is expected/],
    ['name: "x', /^config\.pbtxt:1: "\\"" is not expected/],
    ["dims: [1 2]", /2 stands where , is expected/],
    ["{ }", /\{ stands where the name of a field is expected/],
    ["input ".concat("{ input ".repeat(17)), /at most 16 messages in one another/],
  ];
  for (const [text, reason] of refusals) {
    it(`is refused: ${text.slice(0, 60)}`, () => assert.match(refusal(text), reason));
  }

  it("is refused, or read, whatever it is; and never anything else", () => {
    const parts = [
      "input",
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"a"',
      "1",
      "-0x1F",
      "name",
      "dims",
      "#\n",
      "\\",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 4 })));
    fc.assert(
      fc.property(text, (words) => refusal(words.join(" ")) !== ""),
      { numRuns: 2_000 },
    );
  });
});

it("text format: numbers, escapes, texts side by side", () => {
  const fields = readTextProto(`a: -0x1F b: 017 c: 2.5e2f d: 'it''\\x41\\101\\n' ; e: -inf`, "f");
  assert.deepEqual(
    fields.map(({ value }) => Object.values(value)[1]),
    [-31, 15, 250, "itAA\n", "-inf"],
  );
});
