// `troupe check`: is a topology file right, with the models that it names, and what does it stand for?
import { availableParallelism } from "node:os";
import { threadLines } from "../topology/processor-shares.ts";
import { loadTopology } from "../topology/topology-loader.ts";
import type { AddCommand } from "./command.ts";
import { outlinePlan, summarizePlan } from "./plan-outline.ts";

const examples = `
Prints "ok" and the tree that the file stands for, with roles and replicas expanded;
then how many threads the engines of each worker run with.
A wrong file is reported with every mistake's line, column, key and remedy; exit code 2. When it is right the
folders of its models are read, too, as a worker reads them: configurations, versions and manifests.

Examples:
  troupe check examples/topologies/local.yaml`;

export const addCheckCommand: AddCommand = ({ program, io }) => {
  program
    .command("check")
    .description("check a topology file and show what it stands for")
    .argument("<file>", "topology file")
    .addHelpText("after", examples)
    .action(async (file: string) => {
      const plan = await loadTopology(file, "files");
      const threads = threadLines(plan, availableParallelism());
      const parts = [`ok  ${summarizePlan(plan)}`, outlinePlan(plan), threads.join("\n")];
      io.out(`${parts.filter((part) => part !== "").join("\n\n")}\n`);
    });
};
