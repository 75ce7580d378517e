// `troupe node`: one node of a topology in this process. The launcher starts its nodes with it.
import { Failure } from "#protocols/failure.ts";
import { nearestWord } from "#protocols/outside/spelling.ts";
import { runNodeSession } from "../launch/node-session.ts";
import { loadTopology } from "../topology/topology-loader.ts";
import type { ClusterPlan, NodePlan } from "../topology/topology-plan.ts";
import type { AddCommand } from "./command.ts";

const examples = `
The other nodes of the file are to be started likewise, the director first. Ctrl-C finishes what
is in flight and ends the node; a second one ends it at once.

Examples:
  troupe node examples/topologies/local.yaml control
  troupe node examples/topologies/local.yaml worker-2`;

export const addRunNodeCommand: AddCommand = ({ program, io, exitWith }) => {
  program
    .command("node")
    .description("run one node of a topology in this process")
    .argument("<file>", "topology file")
    .argument("<name>", "name of the node, with its number when it has replicas")
    .addHelpText("after", examples)
    .action(async (file: string, name: string) => {
      const plan = await loadTopology(file);
      const node = nodeOf(plan, name);
      const exitCode = await runNodeSession({
        drainTimeoutMs: plan.launcher.drainTimeoutMs,
        say: (line) => io.err(`${line}\n`),
        run: async (provider) => {
          // Loaded only here: the other commands do without sockets, stores and engines.
          const { runNode } = await import("../launch/node-launcher.ts");
          return runNode(plan, node, provider);
        },
      });
      exitWith(exitCode);
    });
};

function nodeOf(plan: ClusterPlan, name: string): NodePlan {
  const found = plan.nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const names = plan.nodes.map((node) => node.name);
  const near = nearestWord(name, names);
  const question = near === undefined ? "" : `; did you mean ${near}?`;
  const detail = `${plan.file} has no node ${name}${question} It has ${names.join(", ")}`;
  throw new Failure("topology_invalid", detail);
}
