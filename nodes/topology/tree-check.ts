// What must hold within one node's supervision tree. Pure.

import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import {
  type ChildDocument,
  type NodeDocument,
  type SupervisorDocument,
  topologyBounds,
} from "#protocols/outside/topology.ts";
import { backoffProblems } from "./backoff-check.ts";
import { isWorker } from "./topology-plan.ts";
import { secondWorkerProblems, workerProblems } from "./worker-check.ts";

export function treeProblems(node: NodeDocument, path: KeyPath): readonly Problem[] {
  const { roles, supervision } = node;
  if (roles === undefined && supervision === undefined) {
    const message = "has neither roles nor supervision, so nothing would run on the node";
    return [{ path, at: "value", message, remedy: "add roles, for example roles: [worker]" }];
  }
  if (roles !== undefined && supervision !== undefined) {
    const message = "has roles and supervision at once";
    const remedy = "keep one: roles is the short form of supervision";
    return [{ path: [...path, "roles"], at: "key", message, remedy }];
  }
  if (supervision !== undefined) {
    const at = [...path, "supervision"];
    return [
      ...siblingProblems(supervision, at, 1),
      ...secondWorkerProblems(node.name, supervision, at),
    ];
  }
  return (roles ?? []).flatMap((role, index) => {
    if (roles?.indexOf(role) === index) return [];
    const message = `names the role ${role} again`;
    return [
      { path: [...path, "roles", index], at: "value" as const, message, remedy: "remove it" },
    ];
  });
}

function siblingProblems(
  siblings: readonly ChildDocument[],
  path: KeyPath,
  depth: number,
): readonly Problem[] {
  const seen = new Set<string>();
  return siblings.flatMap((child, index) => {
    const childPath = [...path, index];
    const name = nameOf(child);
    const taken = seen.has(name) ? [nameTaken(child, name, childPath)] : [];
    seen.add(name);
    return [...taken, ...childProblems(child, childPath, depth)];
  });
}

function childProblems(child: ChildDocument, path: KeyPath, depth: number): readonly Problem[] {
  if ("supervisor" in child) return supervisorProblems(child, path, depth);
  const mistakes = workerProblems(child, path);
  if (child.settings === undefined || isWorker(child)) return mistakes;
  const message = `a ${child.actor} takes no settings`;
  const remedy = "remove them; they belong to workers: inference and task-worker";
  return [...mistakes, { path: [...path, "settings"], at: "key", message, remedy }];
}

function supervisorProblems(
  tree: SupervisorDocument,
  path: KeyPath,
  depth: number,
): readonly Problem[] {
  if (depth > topologyBounds.supervisionDepthMax) {
    const message = `is supervisor number ${depth} on the way down`;
    const remedy = `nest at most ${topologyBounds.supervisionDepthMax} supervisors`;
    return [{ path, at: "value", message, remedy }];
  }
  return [
    ...backoffProblems(tree.backoff, [...path, "backoff"]),
    ...siblingProblems(tree.children, [...path, "children"], depth + 1),
  ];
}

function nameTaken(child: ChildDocument, name: string, path: KeyPath): Problem {
  const isActor = "actor" in child;
  return {
    path: [
      ...path,
      isActor && child.name === undefined ? "actor" : isActor ? "name" : "supervisor",
    ],
    at: "value",
    message: `the name ${name} is taken by an earlier child of the same parent`,
    remedy: isActor ? "give this actor a name of its own with name:" : "write another name",
  };
}

const nameOf = (child: ChildDocument): string =>
  "supervisor" in child ? child.supervisor : (child.name ?? child.actor);
