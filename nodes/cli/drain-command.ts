// `troupe drain`: moves away from a node of a running cluster what can move.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { orderNode } from "./node-commands.ts";
import { formatTable } from "./table.ts";

const examples = `
Each actor goes to the node that has the fewest. What stays is listed with its reason: children of
other actors, which all are that a topology supervises, stay with them. Runs on the gateway's machine only.

Examples:
  troupe drain worker-1
  troupe drain worker-1 --leave
  troupe drain worker-1 --json`;

const DrainReport = Type.Object({
  moved: Type.Integer(),
  stayedCount: Type.Integer(),
  stayed: Type.Array(Type.Object({ path: Type.String(), why: Type.String() })),
});
type DrainReport = Static<typeof DrainReport>;
const validator = Compile(DrainReport);

interface DrainOptions {
  readonly url: string;
  readonly json?: true;
  readonly leave?: true;
}

export const addDrainCommand: AddCommand = ({ program, io }) => {
  program
    .command("drain")
    .description("move what can move away from a node of a running cluster")
    .argument("<node>", "the node")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .option("--leave", "then give it no new tasks, and end it when what runs there has ended")
    .addHelpText("after", examples)
    .action(async (node: string, options: DrainOptions) => {
      const client = new GatewayClient(options.url);
      const report = await client.order("api/drain", { node });
      if (!validator.Check(report)) {
        throw new Failure("invalid", `${options.url} does not answer like a gateway of Troupe`);
      }
      // The node may be gone as soon as this is kept.
      if (options.leave) await orderNode(client, { node, act: "drain", reason: "troupe drain" });
      io.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : describeDrain(node, report));
    });
};

function describeDrain(node: string, { moved, stayed, stayedCount }: DrainReport): string {
  const head = `${moved} moved away from ${node}, ${stayedCount} stayed\n`;
  if (stayed.length === 0) return head;
  const rows = stayed.map(({ path, why }) => [path, why]);
  return `${head}\n${formatTable(["ACTOR", "WHY IT STAYED"], rows)}\n`;
}
