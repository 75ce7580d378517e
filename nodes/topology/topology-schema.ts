// The topology's JSON Schema as editors want it: definitions at the top, pointers into them.
import { TopologyDocument, treeDefinitions } from "#protocols/outside/topology.ts";

/** The text of `topology.schema.json`. */
export function topologySchemaText(): string {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    ...TopologyDocument,
    definitions: treeDefinitions,
  };
  return `${JSON.stringify(schema, rewrite, 2)}\n`;
}

/** Where TypeBox nests definitions under the names, a pointer to the top ones stands instead. */
function rewrite(key: string, value: unknown): unknown {
  if (key === "$ref" && typeof value === "string") return `#/definitions/${value}`;
  return key === "$defs" || key === "$id" ? undefined : value;
}
