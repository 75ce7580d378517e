// `troupe up`: a whole cluster on this machine, and the sample repaired by it.
import { Failure } from "#protocols/failure.ts";
import { ClusterLauncher } from "../launch/cluster-launcher.ts";
import { runClusterSession } from "../launch/cluster-session.ts";
import { launchedNodes } from "../launch/launched-nodes.ts";
import { nodeCommand } from "../launch/node-command.ts";
import { checkPorts } from "../launch/port-check.ts";
import { loadTopology } from "../topology/topology-loader.ts";
import type { ClusterPlan } from "../topology/topology-plan.ts";
import type { AddCommand } from "./command.ts";
import { readSample, repairSample, type Sample } from "./sample.ts";
import { UpObserver } from "./up-observer.ts";

const examples = `
Every node is a process of its own; one that ends is started again. Logs go to stderr:
warnings, or with --json all as JSON; TROUPE_LOG_LEVEL=info and TROUPE_LOG=json change that.
Ctrl-C finishes what is in flight and ends the cluster; a second one ends it at once.

Examples:
  troupe up examples/topologies/local.yaml
  troupe up examples/topologies/local.yaml --sample          repair the sample photograph, stay
  troupe up examples/topologies/local.yaml --sample --once   repair it and end
  troupe up examples/topologies/local.yaml --json            events as JSON lines on stdout`;

interface UpOptions {
  readonly sample?: true;
  readonly once?: true;
  readonly json?: true;
}

export const addUpCommand: AddCommand = ({ program, io, exitWith }) => {
  program
    .command("up")
    .description("start the whole cluster of a topology on this machine")
    .argument("<file>", "topology file")
    .option("--sample", "repair the sample photograph once the cluster is ready")
    .option("--once", "end when the sample is repaired, or without one as soon as all is ready")
    .option("--json", "print events as JSON lines on stdout")
    .addHelpText("after", examples)
    .action(async (file: string, options: UpOptions) => {
      const plan = await loadTopology(file);
      const sample = options.sample ? await sampleFor(plan) : undefined;
      await checkPorts(plan);
      const format = options.json ? "json" : "text";
      const observer = new UpObserver({ io, format, nodeCount: launchedNodes(plan).count });
      const end = options.once ? "once" : "stay";
      const logFor = options.json ? "programs" : "people";
      exitWith(await runCluster(plan, observer, { sample, end, logFor }));
    });
};

interface Errand {
  readonly sample: Sample | undefined;
  readonly end: "once" | "stay";
  readonly logFor: "people" | "programs";
}

function runCluster(plan: ClusterPlan, observer: UpObserver, errand: Errand): Promise<number> {
  const launcher = new ClusterLauncher({
    ...launchedNodes(plan),
    plan: plan.launcher,
    observer,
    command: (node) => nodeCommand({ file: plan.file, node, logFor: errand.logFor }),
  });
  return runClusterSession(launcher, {
    signalled: (signal) => observer.say(`${signal}: once more ends the cluster at once`),
    ended: (end) => observer.ended(end),
    ready: async () => {
      const nodes = launcher.nodes();
      observer.started(nodes);
      const done = errand.end === "once" ? "done" : "stay";
      if (errand.sample === undefined) return done;
      const url = nodes.find((node) => node.url !== null)?.url ?? "";
      return (await tryRepair(errand.sample, { url, plan, observer })) ? done : "failed";
    },
  });
}

async function tryRepair(
  sample: Sample,
  where: { readonly url: string; readonly plan: ClusterPlan; readonly observer: UpObserver },
): Promise<boolean> {
  const { url, plan, observer } = where;
  observer.repairing();
  try {
    const timeoutMs = plan.launcher.startTimeoutMs;
    observer.repaired(await repairSample(sample, { url, timeoutMs }));
    return true;
  } catch (cause) {
    observer.say(`troupe: the sample could not be repaired: ${Failure.of(cause).detail}`);
    return false;
  }
}

async function sampleFor(plan: ClusterPlan): Promise<Sample> {
  if (plan.gateway !== null) return readSample();
  const detail = `--sample needs a gateway, and ${plan.file} has none: add gateway to it`;
  throw new Failure("topology_invalid", detail);
}
