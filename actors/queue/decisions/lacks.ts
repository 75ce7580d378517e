// Why none of the workers can run a kind of work: what the one lacks that is nearest to it. Pure.
import { machineLacks } from "#protocols/tasks/capability-match.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import { isUndemanding, type Machine } from "#protocols/tasks/machine-demand.ts";

/** A worker, as far as that matters. */
export interface Runner {
  readonly node: string;
  readonly models: readonly string[];
  readonly queues: readonly string[];
  readonly skills: readonly string[];
  readonly machine: Machine | undefined;
}

type Wanted = Pick<WaitingKind, "queue" | "model" | "requiredSkills" | "machine">;

/** One sentence for each thing that is missing; empty: somebody can run it. */
export function lacksOf(wanted: Wanted, workers: readonly Runner[]): readonly string[] {
  const serving = workers.filter(({ queues }) => queues.includes(wanted.queue));
  if (serving.length === 0) return [`no worker serves the queue ${wanted.queue}`];
  let least: readonly string[] | undefined;
  for (const worker of serving) {
    const lacks = lacksOfOne(wanted, worker).map((what) => `${worker.node}: ${what}`);
    if (lacks.length === 0) return [];
    if (least === undefined || lacks.length < least.length) least = lacks;
  }
  return least ?? [];
}

function lacksOfOne(
  { model, requiredSkills, machine: demand }: Wanted,
  { models, skills, machine }: Runner,
): readonly string[] {
  const missing = requiredSkills.filter((skill) => !skills.includes(skill));
  return [
    ...(models.includes(model) ? [] : [`it has no model ${model}`]),
    ...missing.map((skill) => `it lacks the skill ${skill}`),
    ...machineText(demand, machine),
  ];
}

function machineText(demand: Wanted["machine"], machine: Machine | undefined): readonly string[] {
  if (isUndemanding(demand)) return [];
  return machine === undefined
    ? ["it does not say what its machine has"]
    : machineLacks(demand, machine);
}
