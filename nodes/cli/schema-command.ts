// `troupe schema`: the JSON Schema of topology files, for editors.
import { topologySchemaText } from "../topology/topology-schema.ts";
import type { AddCommand } from "./command.ts";

const examples = `
Examples:
  troupe schema > examples/topologies/topology.schema.json`;

export const addSchemaCommand: AddCommand = ({ program, io }) => {
  program
    .command("schema")
    .description("print the JSON Schema of topology files, which editors check with")
    .addHelpText("after", examples)
    .action(() => io.out(topologySchemaText()));
};
