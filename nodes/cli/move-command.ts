// `troupe move`: has an actor of a running cluster live on another node.
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";

const examples = `
It keeps its state, its mailbox and its refs. What cannot move stays as it was, and the text says why:
children of other actors (all that a topology supervises are), actors with children, classes that are
not among the node's \`actors\`, whatever holds what cannot travel. Runs on the gateway's machine only.

Examples:
  troupe move worker-1 /shop worker-2
  troupe move worker-1 /shop worker-2 --url http://127.0.0.1:9000`;

export const addMoveCommand: AddCommand = ({ program, io }) => {
  program
    .command("move")
    .description("move an actor of a running cluster to another node")
    .argument("<node>", "the node where it lives")
    .argument("<path>", "its path there, like /shop")
    .argument("<to>", "the node where it is to live")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText("after", examples)
    .action(async (node: string, path: string, to: string, { url }: { readonly url: string }) => {
      await new GatewayClient(url).order("api/move", { node, path, to });
      io.out(`${path} of ${node} lives on ${to}\n`);
    });
};
