import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Compile } from "typebox/schema";
import { topologySchemaText } from "#nodes/topology/topology-schema.ts";
import { readYaml } from "#nodes/topology/yaml-source.ts";
import { mistakes, validSample } from "./topology-mistakes.ts";

const file = (name: string): Promise<string> =>
  readFile(new URL(`../../../examples/topologies/${name}`, import.meta.url), "utf8");

test("the schema that editors get is the one that the loader checks with", async () => {
  const shipped: unknown = JSON.parse(await file("topology.schema.json"));
  const hint = "write it anew: troupe schema > examples/topologies/topology.schema.json";
  assert.deepEqual(shipped, JSON.parse(topologySchemaText()), hint);
});

test("as plain JSON Schema it accepts the examples and refuses misspelt keys, also deep ones", async () => {
  const schema = Compile(JSON.parse(topologySchemaText()));
  for (const name of ["local.yaml", "explicit.yaml"]) {
    assert.equal(schema.Check(readYaml(await file(name)).value), true, name);
  }
  assert.equal(schema.Check(readYaml(validSample).value), true);
  const misspelt = mistakes.find((mistake) => mistake.name === "a misspelt key");
  assert.equal(schema.Check(readYaml(misspelt?.text ?? "").value), false);
  const deep = (await file("explicit.yaml")).replace("- actor: store", "- actr: store");
  assert.equal(schema.Check(readYaml(deep).value), false);
});
