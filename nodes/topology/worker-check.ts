// What must hold of workers: somebody works, a task-worker names a module, and nobody else does.
import { stat } from "node:fs/promises";
import path from "node:path";
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type {
  ActorDocument,
  ChildDocument,
  TopologyDocument,
} from "#protocols/outside/topology.ts";
import { isWorker } from "./topology-plan.ts";
import { argumentProblems } from "./worker-arguments.ts";

/** Of one actor of a tree. Pure. */
export function workerProblems(child: ActorDocument, at: KeyPath): readonly Problem[] {
  if (child.actor === "task-worker") {
    const wrong = argumentProblems(child.arguments ?? {}, [...at, "arguments"]);
    if (child.module !== undefined) return wrong;
    const message = "a task-worker needs the module that has its class";
    return [{ path: at, at: "value", message, remedy: "add module: ./my-worker.ts" }, ...wrong];
  }
  return (["module", "arguments", "models", "thread"] as const).flatMap(
    (key): readonly Problem[] => {
      if (child[key] === undefined) return [];
      const message = `the actor ${child.actor} takes no ${key}`;
      const remedy = `remove it; ${key} belongs to a task-worker`;
      return [{ path: [...at, key], at: "key", message, remedy }];
    },
  );
}

/** Workers of one node besides its first: the queue knows a node's worker by the node. Pure. */
export function secondWorkerProblems(
  node: string,
  supervision: readonly ChildDocument[],
  at: KeyPath,
): readonly Problem[] {
  const [first, ...others] = workersIn(supervision, at);
  return others.map(({ path: place }): Problem => {
    const message = `the node ${node} has a worker already, ${first?.name}`;
    const remedy = "put it on a node of its own, or have one task-worker with handlers for both";
    return { path: place, at: "value", message, remedy };
  });
}

const workersIn = (
  children: readonly ChildDocument[],
  at: KeyPath,
): readonly { readonly name: string; readonly path: KeyPath }[] =>
  children.flatMap((child, index) => {
    const place = [...at, index];
    if ("supervisor" in child) return workersIn(child.children, [...place, "children"]);
    if (!isWorker(child)) return [];
    return [{ name: child.name ?? child.actor, path: [...place, "actor"] }];
  });

/** Modules that are no files. */
export async function moduleProblems(
  document: TopologyDocument,
  file: string,
): Promise<readonly Problem[]> {
  const found = document.nodes.flatMap(({ supervision = [] }, index) =>
    modulesIn(supervision, ["nodes", index, "supervision"]),
  );
  const problems = await Promise.all(
    found.map(async ({ module, path: at }): Promise<readonly Problem[]> => {
      const absolute = path.resolve(path.dirname(file), module);
      if (await isFile(absolute)) return [];
      const message = `there is no file ${absolute}`;
      const remedy = "write the module's path relative to this file";
      return [{ path: at, at: "value", message, remedy }];
    }),
  );
  return problems.flat();
}

interface NamedModule {
  readonly module: string;
  readonly path: KeyPath;
}

const modulesIn = (children: readonly ChildDocument[], at: KeyPath): readonly NamedModule[] =>
  children.flatMap((child, index): readonly NamedModule[] => {
    const place = [...at, index];
    if ("supervisor" in child) return modulesIn(child.children, [...place, "children"]);
    return child.module === undefined ? [] : [{ module: child.module, path: [...place, "module"] }];
  });

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    (entry) => entry.isFile(),
    () => false,
  );
