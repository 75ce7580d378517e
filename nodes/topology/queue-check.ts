// What must hold of the queues of a topology: names once, models that exist, limits that agree, and
// somebody who serves each. Pure.

import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import { modelProblems, queueRuleProblems } from "#protocols/outside/queue-rule-problems.ts";
import type { TopologyDocument } from "#protocols/outside/topology.ts";
import type { QueueDocument } from "#protocols/outside/topology-queues.ts";
import type { DemandRule } from "#protocols/tasks/demand-rules.ts";
import { stepsQueue } from "#protocols/tasks/steps.ts";
import { actorsOf, type ClusterPlan, isWorker, modelNames, queuesServed } from "./topology-plan.ts";

export function queueProblems(document: TopologyDocument, plan: ClusterPlan): readonly Problem[] {
  const models = new Set(modelNames(plan));
  const workers = plan.nodes.flatMap(({ supervision }) => actorsOf(supervision)).filter(isWorker);
  const served = new Set(workers.flatMap(({ settings }) => queuesServed(plan, settings)));
  const { demands = [], queues = [] } = document;
  const ofDemands = demands.flatMap((rule, index) => {
    const path = ["demands", index];
    return [...modelProblems(rule, { path, models }), ...idleSizes(rule, path)];
  });
  const found = queues.flatMap((queue, index) => {
    const path = ["queues", index];
    return [
      ...nameProblems(queue, { path, first: queues.findIndex(({ name }) => name === queue.name) }),
      ...queueRuleProblems(queue, { path, models }),
      // Without any worker the file is refused for that.
      ...(workers.length === 0 || served.has(queue.name) ? [] : [unserved(queue, path)]),
    ];
  });
  return [...found, ...ofDemands];
}

/** Of a rule that names classes no size decides. */
const idleSizes = ({ classes, heavyPixelsMin }: DemandRule, path: KeyPath): readonly Problem[] =>
  classes === undefined || heavyPixelsMin === undefined
    ? []
    : [
        value(
          [...path, "heavyPixelsMin"],
          "heavyPixelsMin has no effect beside classes",
          "remove heavyPixelsMin, or classes: then the classes go by the size of the picture",
        ),
      ];

function nameProblems(
  { name }: QueueDocument,
  { path, first }: { readonly path: KeyPath; readonly first: number },
): readonly Problem[] {
  const at = [...path, "name"];
  if (name === stepsQueue) {
    return [value(at, `${name} is the queue of tasks that are made of steps`, "rename it")];
  }
  if (first === path.at(-1)) return [];
  return [value(at, `${name} is the name of an earlier queue too`, "rename it")];
}

const unserved = ({ name, class: resourceClass }: QueueDocument, path: KeyPath): Problem =>
  value(
    [...path, "class"],
    `no worker serves the queue ${name}: none has the class ${resourceClass}`,
    `add ${resourceClass} to the classes in a worker's settings, or write a class that one has`,
  );

const value = (path: KeyPath, message: string, remedy: string): Problem => ({
  path,
  at: "value",
  message,
  remedy,
});
