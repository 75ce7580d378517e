// What must hold of the queues of a topology: names once, models that exist, limits that agree, and
// somebody who serves each. Pure.

import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { TopologyDocument } from "#protocols/outside/topology.ts";
import type { QueueDocument } from "#protocols/outside/topology-queues.ts";
import { stepsQueue } from "#protocols/tasks/steps.ts";
import { actorsOf, type ClusterPlan, isWorker, queuesServed } from "./topology-plan.ts";

export function queueProblems(document: TopologyDocument, plan: ClusterPlan): readonly Problem[] {
  const models = new Set(document.models.map(({ name }) => name));
  const workers = plan.nodes.flatMap(({ supervision }) => actorsOf(supervision)).filter(isWorker);
  const served = new Set(workers.flatMap(({ settings }) => queuesServed(plan, settings)));
  const queues = document.queues ?? [];
  return queues.flatMap((queue, index) => {
    const path = ["queues", index];
    return [
      ...nameProblems(queue, { path, first: queues.findIndex(({ name }) => name === queue.name) }),
      ...modelProblems(queue, { path, models }),
      ...limitProblems(queue, path),
      // Without any worker the file is refused for that.
      ...(workers.length === 0 || served.has(queue.name) ? [] : [unserved(queue, path)]),
    ];
  });
}

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

const modelProblems = (
  { models = [] }: QueueDocument,
  { path, models: known }: { readonly path: KeyPath; readonly models: ReadonlySet<string> },
): readonly Problem[] =>
  models.flatMap((model, index) => {
    if (known.has(model)) return [];
    const remedy = `write one of ${[...known].join(", ")}, or add ${model} to models`;
    return [value([...path, "models", index], `there is no model ${model}`, remedy)];
  });

function limitProblems(
  { pendingMax, perUserMax, retry }: QueueDocument,
  path: KeyPath,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (pendingMax !== undefined && perUserMax !== undefined && perUserMax > pendingMax) {
    const message = `one user may have ${perUserMax} tasks, the whole queue ${pendingMax}`;
    problems.push(value([...path, "perUserMax"], message, `write at most ${pendingMax}`));
  }
  if (retry !== undefined && retry.capMs < retry.baseMs) {
    const message = `the ceiling of ${retry.capMs} ms is below the first delay, ${retry.baseMs} ms`;
    problems.push(value([...path, "retry", "capMs"], message, `write at least ${retry.baseMs}`));
  }
  return problems;
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
