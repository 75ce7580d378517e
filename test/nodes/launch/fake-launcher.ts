// A process that runs a cluster of fake nodes as the command line does. It prints what happens as
// JSON lines. Arguments: the plan's drainTimeoutMs, then a JSON object of node commands' arguments.
import { ClusterLauncher } from "#nodes/launch/cluster-launcher.ts";
import { runClusterSession } from "#nodes/launch/cluster-session.ts";
import { launcherDefault } from "#nodes/topology/topology-expansion.ts";

const [, , drainTimeoutMs = "", commands = ""] = process.argv;
const argumentsOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>(JSON.parse(commands)),
);

const launcher = new ClusterLauncher({
  nodes: [...argumentsOf.keys()].map((name) => ({ name, isDirector: name === "control" })),
  plan: { ...launcherDefault, drainTimeoutMs: Number(drainTimeoutMs) },
  observer: { observe: (event) => console.log(JSON.stringify(event)) },
  command: (name) => ({ file: process.execPath, args: argumentsOf.get(name) ?? [] }),
});

process.exitCode = await runClusterSession(launcher, {
  ready: async () => {
    console.log(JSON.stringify({ kind: "all-ready" }));
    return "stay";
  },
  signalled: (signal) => console.log(JSON.stringify({ kind: "signalled", signal })),
  ended: (end) => console.log(JSON.stringify(end)),
});
