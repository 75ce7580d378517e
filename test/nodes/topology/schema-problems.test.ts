import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { readYaml } from "#nodes/topology/yaml-source.ts";
import { schemaProblems } from "#protocols/outside/schema-problems.ts";
import { TopologyDocument } from "#protocols/outside/topology.ts";
import { validSample } from "./topology-mistakes.ts";

const validator = Compile(TopologyDocument);
const supervision = [
  {
    supervisor: "a",
    backoff: { jitter: 0.5 },
    children: [
      { actor: "store" },
      {
        supervisor: "b",
        strategy: "one-for-all",
        children: [{ actor: "inference", settings: { slots: 1 } }],
      },
    ],
  },
];

/** Every place in a document, so that anything can be put there. */
function placesOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  const inside = Object.entries(value).flatMap(([key, item]) =>
    placesOf(item).map((rest) => [key, ...rest]),
  );
  return [[], ...inside];
}

/**
 * The value with the item at that place. Whatever a document can hold can be put, so keys are keys
 * even when JavaScript means something by them, and a list has its positions and nothing else.
 */
function putAt(value: unknown, path: readonly string[], item: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return item;
  if (Array.isArray(value)) {
    const index = /^[0-9]+$/.test(key) ? Math.min(Number(key), value.length) : value.length;
    return value.toSpliced(index, 1, putAt(value[index], rest, item));
  }
  const entries = new Map<string, unknown>(Object.entries(value));
  entries.set(key, putAt(entries.get(key), rest, item));
  return Object.fromEntries(entries);
}

const sample: unknown = putAt(
  readYaml(validSample).value,
  ["nodes", "1", "supervision"],
  supervision,
);

test("the explanation finds something wrong exactly with what the schema refuses", () => {
  assert.equal(validator.Check(sample), true);
  const words = fc.constantFrom("actor", "supervisor", "store", "yes", "", "tcp://127.0.0.1:*");
  const item = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    words,
    fc.constantFrom(-1, 0, 1, 70_000, 1.5, []),
  );
  const places = placesOf(sample);
  // Keys of a document like any others, whatever JavaScript takes them for.
  const oddKeys = fc.constantFrom("__proto__", "constructor", "length", "toString", "0", "-1");
  const key = fc.oneof(words, oddKeys, fc.string({ maxLength: 8 }));
  const extra = fc.option(key, { nil: undefined });
  fc.assert(
    fc.property(fc.constantFrom(...places), extra, item, (path, key, value) => {
      const changed = putAt(sample, key === undefined ? path : [...path, key], value);
      const problems = schemaProblems(TopologyDocument, changed);
      assert.equal(problems.length === 0, validator.Check(changed), JSON.stringify(problems));
      for (const problem of problems) assert.ok(problem.message !== "" && problem.remedy !== "");
    }),
    { numRuns: 2_000 },
  );
});
