// Who starts and ends the nodes of each group: its command, or the launcher.
import type { NodeProvider } from "#actors/scaling/node-provider.ts";
import type { Log } from "#runtime/core/ports.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import type { ClusterPlan, NodeGroupPlan } from "../topology/topology-plan.ts";
import { CommandProvider } from "./command-provider.ts";
import { runProviderCommand } from "./provider-command.ts";

export interface NodeProviderPlaces {
  readonly plan: Pick<ClusterPlan, "groups">;
  readonly launcher: NodeProvider;
  readonly log: Log;
}

/** One for each life of the process: commands that run are not begun anew with the actor that asked for them. */
export function nodeProviders({ plan, launcher, log }: NodeProviderPlaces) {
  const commands = plan.groups.flatMap((group) =>
    group.command === null ? [] : [[group.group, ofCommand(group, group.command, log)] as const],
  );
  const byGroup = new Map<string, NodeProvider>(commands);
  return (group: string): NodeProvider => byGroup.get(group) ?? launcher;
}

function ofCommand(
  { group, startTimeoutMs }: NodeGroupPlan,
  command: NonNullable<NodeGroupPlan["command"]>,
  log: Log,
): CommandProvider {
  const line = (text: string): void => log.write("info", `/node-scaler/${group}`, text, {});
  return new CommandProvider(
    { startTimeoutMs },
    {
      log,
      now: () => nodeClock.now(),
      run: (words) => runProviderCommand({ ...command, line }, words),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
    },
  );
}
