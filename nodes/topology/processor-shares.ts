// Pure. How many processors each worker for pictures has, and how many threads its engines run with there.
// What the models' own configurations say is known only where they are loaded: `troupe status` tells of it.
import { isLoopback, parseBind } from "./bind-address.ts";
import { type ActorPlan, actorsOf, type ClusterPlan, type NodePlan } from "./topology-plan.ts";

/** Tasks that a worker holds: one in its engine, the next decoded meanwhile. */
const slotsDefault = 2;

export const slotsOf = ({ settings }: Pick<ActorPlan, "settings">): number =>
  settings.slots ?? slotsDefault;

/** Of so many cores of a machine: workers that run beside one another have as many each. */
export function processorsOf({ nodes }: Pick<ClusterPlan, "nodes">, cores: number): number {
  const neighbours = nodes.filter((node) => isNear(node) && picturesOf(node).length > 0);
  return Math.max(1, Math.floor(cores / Math.max(1, neighbours.length)));
}

/** A line for each worker for pictures; `warning: …` for one with more threads than processors. */
export function threadLines(plan: ClusterPlan, cores: number): readonly string[] {
  const processors = processorsOf(plan, cores);
  return plan.nodes.flatMap((node) =>
    picturesOf(node).flatMap((actor) => linesOf(actor, node, { plan, processors })),
  );
}

function linesOf(
  actor: ActorPlan,
  node: NodePlan,
  { plan, processors }: { readonly plan: ClusterPlan; readonly processors: number },
): readonly string[] {
  const { threads } = actor.settings;
  const slots = slotsOf(actor);
  const who = `threads of ${node.name}`;
  const all = processors === 1 ? "1 processor" : `${processors} processors`;
  const there = isNear(node) ? `${all} of this machine` : "its machine's processors";
  if (threads === null) return [`${who}: up to ${slots} engines at a time share ${there}`];
  const line = `${who}: ${threads} in each engine, as stated, on ${there}`;
  // Each model has an engine at least, and of a folder nobody knows how many it holds.
  const engines = plan.repository.root === null ? plan.models.length : slots;
  const most = threads * Math.max(1, Math.min(slots, engines));
  if (!isNear(node) || most <= processors) return [line];
  const seen = `${node.name}: up to ${most} threads run at a time on ${all}`;
  return [line, `warning: ${seen}; state fewer threads or slots, or none`];
}

const isNear = ({ bind }: NodePlan): boolean => isLoopback(parseBind(bind)?.host ?? "");

const picturesOf = ({ supervision }: NodePlan): readonly ActorPlan[] =>
  actorsOf(supervision).filter(({ actor }) => actor === "inference");
