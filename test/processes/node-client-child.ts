// A process of its own that takes part in a cluster: `node <address> <name>` answers commands as a node,
// `client <address>` looks at the cluster and leaves. What happens is said a line each; it ends by itself.
import { connectCluster, startNodeClient } from "#nodes/client/index.ts";
import { Failure } from "#protocols/failure.ts";

const [, , kind, director = "", node = ""] = process.argv;
const say = (what: object): boolean => process.stdout.write(`${JSON.stringify(what)}\n`);

async function beNode(): Promise<void> {
  let color = "white";
  const client = await startNodeClient({
    ...{ node, director },
    capabilities: { skills: [{ skill: "lighting" }], tags: ["upstairs"] },
    handlers: {
      SWITCH_LIGHT: ({ by, parameters }) => {
        const former = color;
        color = String(parameters["color"] ?? "white");
        if (color === "black") throw new Failure("invalid", "there is no black light; try another");
        if (color === "ultraviolet") throw new Error("the lamp has burnt out");
        return { color, former, by };
      },
      CANCEL_TASK: ({ by, taskId }) => void say({ kind: "cancelled", by, taskId }),
    },
  });
  say({ kind: "ready", pid: process.pid });
  const { reason, wish } = await client.ended;
  say({ kind: "ended", reason, wish });
}

async function beClient(): Promise<void> {
  const cluster = await connectCluster({ director });
  const { isWhole, members } = await cluster.getSystemStatus();
  say({ kind: "seen", isWhole, members });
  await cluster.close();
  say({ kind: "closed" });
}

await (kind === "node" ? beNode() : beClient());
