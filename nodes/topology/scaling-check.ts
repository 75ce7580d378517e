// What must hold of nodes that are scaled by their load. Pure.
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { TopologyDocument } from "#protocols/outside/topology.ts";
import type { Expansion } from "./topology-expansion.ts";
import { actorsOf, isWorker } from "./topology-plan.ts";

export function scalingProblems(
  document: TopologyDocument,
  { plan, origins }: Expansion,
): readonly Problem[] {
  const problems = document.nodes.flatMap((node, index) => {
    if (node.scaling === undefined) return [];
    const member = plan.nodes.find((_, at) => origins[at] === index);
    const actors = actorsOf(member?.supervision ?? []);
    return groupProblems(node, ["nodes", index, "scaling"], actors);
  });
  const first = document.nodes.findIndex(({ scaling }) => scaling !== undefined);
  const all = plan.nodes.flatMap(({ supervision }) => actorsOf(supervision));
  if (first < 0 || all.some(({ actor }) => actor === "node-scaler")) return problems;
  const message = "no node has the actor node-scaler, which says how many are to stand";
  const remedy = "give a node the role control, or add { actor: node-scaler } to its supervision";
  return [...problems, { path: ["nodes", first, "scaling"], at: "key", message, remedy }];
}

function groupProblems(
  { name, director, replicas, scaling }: TopologyDocument["nodes"][number],
  path: KeyPath,
  actors: readonly Pick<ReturnType<typeof actorsOf>[number], "actor">[],
): readonly Problem[] {
  const refused = (message: string, remedy: string): Problem => ({
    ...{ path, at: "key", message, remedy },
  });
  const { min = 1, max = 1 } = scaling ?? {};
  const others = actors.filter((one) => !isWorker(one) && one.actor !== "node-agent");
  const [other] = others;
  return [
    ...(replicas === undefined
      ? []
      : [refused("has replicas and scaling at once", "keep one: replicas is a fixed number")]),
    ...(director === true
      ? [refused("the director is there once", "remove scaling from it, and scale the workers")]
      : []),
    ...(other !== undefined && director !== true
      ? [
          refused(
            `${name} has the actor ${other.actor}, and only nodes of workers are scaled`,
            "move it to a node of its own",
          ),
        ]
      : []),
    ...(actors.length > 0 && !actors.some(isWorker)
      ? [refused(`${name} has no worker, so it has no load`, "add a worker, or write replicas")]
      : []),
    ...(min > max
      ? [
          {
            ...{ path: [...path, "min"], at: "value" as const },
            message: `the least, ${min}, is more than the most, ${max}`,
            remedy: `write at most ${max}`,
          },
        ]
      : []),
  ];
}
