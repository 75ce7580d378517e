// What may stand in a model's configuration, and how it is told what may not.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { modelConfigIn, schemaOf } from "#actors/inference/repository/model-config.ts";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Failure } from "#protocols/failure.ts";
import { workKinds } from "#protocols/tasks/work-kinds.ts";

const sample = {
  ...{ name: "eraser", licence: "MIT", kind: "inpaint", backend: "onnxruntime" },
  versionPolicy: { kind: "specific", versions: [1, 3] },
  ...{ aliases: { stable: 1 }, instances: 2, memoryBytesMax: 2 ** 30, device: "auto" },
  ...{ batching: { itemsMax: 4, preferred: [2], delayMs: 5 }, threads: { intraOp: 2, interOp: 1 } },
  warmUp: { runs: 3, files: { image: "small.png" }, parameters: { upscale: 2 } },
  padding: { multiple: 8, sizeMin: 0, isSquare: false },
  inputs: {
    image: { element: "float32", shape: [1, 3, "height", "width"], range: [0, 255] },
    mask: { hole: 0 },
  },
  outputs: { output: { range: [0, 1] } },
};

const refusal = (value: unknown): string => {
  try {
    settingsOf(value, "config.json");
  } catch (cause) {
    const { code, detail } = Failure.of(cause);
    assert.equal(code, "invalid");
    return detail;
  }
  return "accepted";
};

describe("a model's configuration", () => {
  it("says all this", () => {
    assert.equal(refusal(sample), "accepted");
    for (const kind of workKinds) assert.equal(refusal({ kind }), "accepted");
  });

  const cases: readonly [string, object | string, string][] = [
    [
      "a misspelt key is told with the one that is meant",
      { instnaces: 2 },
      'config.json: unknown key "instnaces"; did you mean instances? (write instances)',
    ],
    [
      "as is one further down",
      { batching: { itemMax: 2 } },
      'config.json: unknown key "itemMax"; did you mean itemsMax? in batching (write itemsMax)',
    ],
    [
      "of a port",
      { inputs: { image: { elment: "float32" } } },
      'config.json: unknown key "elment"; did you mean element? in inputs.image (write element)',
    ],
    [
      "a wrong type is told with its place, what stands there and what may",
      { instances: "two" },
      'config.json: instances is "two", not a whole number (write a whole number from 1 to 8)',
    ],
    [
      "a number out of its bounds",
      { threads: { intraOp: 0 } },
      "config.json: threads.intraOp is 0 (write a whole number from 1 to 256)",
    ],
    [
      "a word that is none of those that there are",
      { device: "cuda" },
      'config.json: device is "cuda", which is not known (write one of cpu, gpu, auto)',
    ],
    [
      "a policy that is none",
      { versionPolicy: { kind: "newest" } },
      'config.json: versionPolicy.kind is "newest", which is not known (write one of latest, specific, all)',
    ],
    [
      "a policy with what another has",
      { versionPolicy: { kind: "all", count: 1 } },
      'config.json: unknown key "count" in versionPolicy (remove it, or write one of kind)',
    ],
    [
      "a shape that is none",
      { inputs: { image: { shape: "1x3" } } },
      'config.json: inputs.image.shape is "1x3", not a list (write a list)',
    ],
    [
      "a key of another kind of work",
      { kind: "upscale", padding: {} },
      "config.json: the key padding is for models of kind inpaint (take it out of this one, which is of kind upscale)",
    ],
    [
      "an alias that is no word",
      { aliases: { "2": 1 } },
      "config.json: aliases.2 is a key that does not fit (write one that fits ^[a-z][a-z0-9._-]{0,31}$)",
    ],
    [
      "a graphics processor for what runs on none",
      { backend: "opencv", device: "gpu" },
      "config.json: device is gpu, but the backend opencv runs on processors only (take device away)",
    ],
    [
      "made-up pictures and files at once",
      { warmUp: { data: "zero", files: { image: "a.png" } } },
      "config.json: warmUp has files and data at once (keep one of them)",
    ],
    ["no mapping at all", [], "config.json: (file) is [], not a mapping"],
  ];
  for (const [name, value, expected] of cases) {
    it(`refuses ${name}`, () => {
      const found = refusal(value);
      assert.equal(found.startsWith(expected), true, found);
    });
  }

  it("is told of several mistakes at once", () => {
    const found = refusal({ instnaces: 2, device: 1, kindd: "upscale" });
    for (const part of ["instances?", "kind?", "device is 1"])
      assert.ok(found.includes(part), found);
  });
});

/** Every place of a document. */
function placesOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  const inside = Object.entries(value).flatMap(([key, item]) =>
    placesOf(item).map((rest) => [key, ...rest]),
  );
  return [[], ...inside];
}

function putAt(value: unknown, [key, ...rest]: readonly string[], item: unknown): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return item;
  if (Array.isArray(value)) {
    const index = /^[0-9]+$/.test(key) ? Math.min(Number(key), value.length) : value.length;
    return value.toSpliced(index, 1, putAt(value[index], rest, item));
  }
  const entries = new Map<string, unknown>(Object.entries(value));
  entries.set(key, putAt(entries.get(key), rest, item));
  return Object.fromEntries(entries);
}

it("a reason is given for exactly what the schema refuses", () => {
  const validator = Compile(schemaOf("inpaint"));
  const words = fc.constantFrom("kind", "latest", "image", "shape", "", "float32", "cpu", "a b");
  const item = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    words,
    fc.constantFrom(-2, -1, 0, 1, 1.5, [1, 1]),
  );
  const odd = fc.constantFrom("__proto__", "constructor", "toString", "0", "-1");
  const key = fc.option(fc.oneof(words, odd, fc.string({ maxLength: 8 })), { nil: undefined });
  fc.assert(
    fc.property(fc.constantFrom(...placesOf(sample)), key, item, (path, extra, value) => {
      const changed = putAt(sample, extra === undefined ? path : [...path, extra], value);
      // What is of another kind has another schema.
      fc.pre(Reflect.get(Object(changed), "kind") === "inpaint");
      const refused = failureOf(() => modelConfigIn(changed, "config.json"));
      assert.equal(refused === undefined, validator.Check(changed), refused?.detail);
      assert.notEqual(refused?.code, "internal");
    }),
    { numRuns: 2_000 },
  );
});

function failureOf(act: () => unknown): Failure | undefined {
  try {
    act();
    return undefined;
  } catch (cause) {
    return Failure.of(cause);
  }
}
