// `troupe pause`, `resume`, `restart`, `stop`, `remove`: orders to single nodes of a running cluster.
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";

interface OrderOptions {
  readonly url: string;
  readonly reason: string;
  readonly by?: string;
}

interface NodeOrderCommand {
  readonly act: "pause" | "resume" | "restart" | "stop" | "remove";
  readonly description: string;
  readonly help: string;
  readonly done: (node: string) => string;
}

const orders: readonly NodeOrderCommand[] = [
  {
    act: "pause",
    description: "give a node no new tasks; what runs there goes on",
    help: "It lasts over restarts of the node and of the cluster, until troupe resume.",
    done: (node) => `${node} gets no new tasks until: troupe resume ${node}`,
  },
  {
    act: "resume",
    description: "give a node tasks again, after a pause, a drain or a quarantine",
    help: "A node that has left after a drain must be started again.",
    done: (node) => `${node} gets tasks again`,
  },
  {
    act: "restart",
    description: "end a node's process and have its launcher start it anew",
    help: "Tasks that it runs go on elsewhere; troupe pause it first to wait for them.",
    done: (node) => `${node} ends and is started anew`,
  },
  {
    act: "stop",
    description: "end a node's process for good",
    help: "Tasks that it runs go on elsewhere; troupe drain NODE --leave waits for them first.",
    done: (node) => `${node} ends and is not started again`,
  },
  {
    act: "remove",
    description: "forget a node that is offline, and what it did",
    help: "A node of that name may register again later.",
    done: (node) => `${node} is forgotten`,
  },
];

export const addNodeCommands: AddCommand = ({ program, io }) => {
  for (const { act, description, help, done } of orders) {
    program
      .command(act)
      .description(description)
      .argument("<node>", "the node")
      .option("--reason <words>", "why, as troupe status shows it", "by troupe")
      .option("--by <name>", "who wants it")
      .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
      .addHelpText(
        "after",
        `\n${help} Runs on the gateway's machine only.\n\nExamples:\n  troupe ${act} worker-1 --reason "new disk"`,
      )
      .action(async (node: string, { url, reason, by }: OrderOptions) => {
        await orderNode(new GatewayClient(url), { node, act, reason, ...(by ? { by } : {}) });
        io.out(`${done(node)}\n`);
      });
  }
};

/** Answered when the order is kept. */
export async function orderNode(
  client: GatewayClient,
  {
    node,
    act,
    ...order
  }: {
    readonly node: string;
    readonly act: NodeOrderCommand["act"] | "drain";
    readonly reason: string;
    readonly by?: string;
  },
): Promise<void> {
  await client.order(`api/nodes/${encodeURIComponent(node)}/${act}`, order);
}
